import { AnnouncementFailed, describeError } from "#domain/errors.ts";
import type { Secrets } from "#ports/keys.ts";
import type { DeadMan } from "#ports/watched.ts";
import { guardedFetch } from "./guarded-fetch.ts";

const TIMEOUT_MS = 10_000;

type Address = { urlSecret: string; urlOrigin: string };

/** `POST <url>`, and `POST <url>/fail`: https://healthchecks.io/docs/http_api/ (also of one's own server). */
export const deadMan = (secrets: Secrets, { urlSecret, urlOrigin }: Address): DeadMan => ({
  async signal(isWell, text) {
    const { url } = await secrets.read(urlSecret);
    if (url === undefined) throw new AnnouncementFailed("The secret of tell.deadMan has no url");
    try {
      const address = new URL(url);
      address.pathname = `${address.pathname.replace(/\/$/, "")}${isWell ? "" : "/fail"}`;
      const request = { method: "POST", body: text, signal: AbortSignal.timeout(TIMEOUT_MS) };
      const { ok, status } = await guardedFetch(urlOrigin)(address, request);
      if (!ok) throw new Error(`it answered ${status}`);
    } catch (error) {
      throw new AnnouncementFailed(
        `Nobody took the signal of the watcher: ${describeError(error).message.replaceAll(url, "(its address)")}`,
      );
    }
  },
});
