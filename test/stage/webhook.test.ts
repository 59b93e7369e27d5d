import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { expect, it } from "vitest";
import { secretName } from "#local/secrets.ts";
import { stageAddresses } from "#local/stage-layout.ts";
import { openWorld } from "./support/world.ts";

it("N4 calls nobody when the webhook in the secret leads elsewhere than the plan allows, and tells by SNS all the same", async () => {
  const world = await openWorld();
  let hits = 0;
  const canary = createServer((_, response) => response.end()).on("connection", () => hits++);
  await new Promise<void>((resolve) => canary.listen(0, "127.0.0.1", resolve));
  const { port } = canary.address() as AddressInfo;
  const put = (url: string) =>
    world.secretsManager.send(
      new PutSecretValueCommand({ SecretId: secretName("slack"), SecretString: JSON.stringify({ url }) }),
    );
  const problem = `N4 ${Date.now()}`;
  const detail = {
    ...{ stage: world.stage.stage, code: "RepositoryTampered", source: "repository", problem },
    ...{ message: `a test: ${problem}`, next: { say: "nothing" } },
  };

  const failure = await (async () => {
    try {
      await put(`http://127.0.0.1:${port}/slack`);
      return await world.client
        .invoke("announce", { source: "holdfast", "detail-type": "AlarmRaised", detail })
        .catch((error: Error) => error);
    } finally {
      await put(`${stageAddresses.sink}/slack`);
    }
  })();
  await world.client.message((text, channel) => channel === "sns" && text.includes(problem));

  expect(failure).toMatchObject({ name: "AnnouncementFailed", message: expect.not.stringContaining("/slack") });
  expect(hits).toBe(0);
  canary.close();
  await world.client.clearMessages();
});
