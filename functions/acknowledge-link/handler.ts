import { z } from "zod";
import { defineTask, log } from "#adapters/aws/define-task.ts";
import { wireAws, wireSeal } from "#adapters/aws/wire.ts";
import { asHtml } from "#adapters/page.ts";
import { acknowledgeLink } from "#app/acknowledge-link.ts";
import { loadConfig } from "#config";
import { loadPlan } from "../plan.ts";

const config = loadConfig(process.env, ["LINK_KEY"]);
const { plan } = loadPlan(process.env);
const open = acknowledgeLink({ ...wireAws(config), plan, seal: wireSeal(config.LINK_KEY), log });

/** What a Lambda function URL is called with. */
const Called = z.looseObject({
  requestContext: z.looseObject({ http: z.looseObject({ method: z.string() }) }),
  queryStringParameters: z.looseObject({ link: z.string().optional() }).optional(),
});

export const handler = defineTask(Called, async ({ requestContext, queryStringParameters }) =>
  asHtml(await open({ method: requestContext.http.method, link: queryStringParameters?.link })),
);
