import type { Page } from "#domain/acknowledge-link.ts";

/** Nothing is loaded, run, framed or kept, and the page can only be sent back to where it came from. */
const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-robots-tag": "noindex",
};

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escaped = (text: string) => text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? "");

/** As a Lambda function URL answers (https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html). */
export const asHtml = ({ isFound, title, text, button }: Page) => ({
  statusCode: isFound ? 200 : 404,
  headers: HEADERS,
  body: [
    '<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">',
    `<title>${escaped(title)}</title><h1>${escaped(title)}</h1><p>${escaped(text)}</p>`,
    button === undefined ? "" : `<form method="post"><button>${escaped(button)}</button></form>`,
  ].join("\n"),
});
