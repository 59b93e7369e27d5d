import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { z } from "zod";
import { awsClientOptions, stageAddresses, stageFiles } from "./stage-layout.ts";

const Login = z.object({ username: z.string(), password: z.string() });
export type Login = z.infer<typeof Login>;
const StageSecrets = z.record(
  z.enum(["app-db", "app-db-restore", "staging-db", "staging-db-restore", "sessions", "staging-redis", "app-writer"]),
  Login,
);
/** Logins of the sample fleet, by the last part of their names in Secrets Manager. */
export type StageSecrets = z.infer<typeof StageSecrets>;

const usernames: Record<keyof StageSecrets, string> = {
  "app-db": "holdfast_backup",
  "app-db-restore": "holdfast_restore",
  "staging-db": "holdfast_backup",
  "staging-db-restore": "holdfast_restore",
  sessions: "holdfast",
  "staging-redis": "holdfast",
  "app-writer": "app_writer", // the application's own, for tests that write
};

/** The logins of this machine: made at random once, and kept for its owner's eyes in `.holdfast/secrets.json`. */
export async function stageSecrets(): Promise<StageSecrets> {
  if (!existsSync(stageFiles.secrets)) {
    const made = Object.fromEntries(
      Object.entries(usernames).map(([name, username]) => [
        name,
        { username, password: randomBytes(24).toString("base64url") },
      ]),
    );
    await writeFile(stageFiles.secrets, JSON.stringify(made, undefined, 2), { mode: 0o600 });
  }
  return StageSecrets.parse(JSON.parse(await readFile(stageFiles.secrets, "utf8")));
}

/** Of a bot that speaks to the sink: looks like one of Slack's, opens nothing, and must be found nowhere all the same. */
export const SINK_TOKEN = "xoxb-of-the-sink";

/** A check of the sink's, as healthchecks.io would give one out. */
const SINK_CHECK = `${stageAddresses.sink}/ping/0d6e3b1a-the-watcher`;
/** Of the other channels of config/local.yml, which lead into the sink. */
export const channelSecrets = {
  pagerduty: { routingKey: "routing-key-of-the-sink" },
  webhook: { url: `${stageAddresses.sink}/webhook`, signingKey: "signing-key-of-the-sink" },
};

/** The name in Secrets Manager. */
export const secretName = (name: string) => `holdfast/${stageAddresses.stage}/${name}`;

/** Puts the logins, and the token of a bot, into the emulator's Secrets Manager, which is empty at its start. */
export async function storeSecrets(secrets: StageSecrets): Promise<void> {
  const client = new SecretsManagerClient(awsClientOptions);
  const values = { ...secrets, slack: { token: SINK_TOKEN }, "dead-man": { url: SINK_CHECK }, ...channelSecrets };
  await Promise.all(
    Object.entries(values).map(([name, value]) =>
      client.send(new CreateSecretCommand({ Name: secretName(name), SecretString: JSON.stringify(value) })),
    ),
  );
}
