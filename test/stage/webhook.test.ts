import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { expect, it } from "vitest";
import { SINK_TOKEN, secretName } from "#local/secrets.ts";
import { openWorld } from "./support/world.ts";

it("N4 speaks to Slack where the plan says, and to nobody that the secret names", async () => {
  const world = await openWorld();
  let hits = 0;
  const canary = createServer((_, response) => response.end()).on("connection", () => hits++);
  await new Promise<void>((resolve) => canary.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(canary.address() as AddressInfo).port}/`;
  const put = (secret: Record<string, string>) =>
    world.secretsManager.send(
      new PutSecretValueCommand({ SecretId: secretName("slack"), SecretString: JSON.stringify(secret) }),
    );
  const problem = `N4 ${Date.now()}`;
  const detail = {
    ...{ stage: world.stage.stage, code: "RepositoryTampered", source: "repository", problem },
    ...{ message: `a test: ${problem}`, next: { say: "nothing" } },
  };

  try {
    await put({ token: SINK_TOKEN, url, slackApiUrl: url, apiOrigin: url });
    await world.client.invoke("announce", { source: "holdfast", "detail-type": "AlarmRaised", detail });
  } finally {
    await put({ token: SINK_TOKEN });
  }
  for (const wanted of ["slack", "sns"])
    await world.client.message((text, channel) => channel === wanted && text.includes(problem));

  expect(hits).toBe(0);
  canary.close();
  await world.client.clearMessages();
});
