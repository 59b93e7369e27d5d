import { DisableRuleCommand, EnableRuleCommand, ListRulesCommand } from "@aws-sdk/client-eventbridge";
import type { BackupId } from "#domain/ids.ts";
import type { World } from "./world.ts";

/** The S3 events of new manifests are lost while `work` runs: what is committed is not checked, and not verified. */
export const whileManifestEventsAreLost = <T>(world: World, work: () => Promise<T>): Promise<T> =>
  whileEventsAreLost(world, "/manifest.json", work);

/** Rules whose pattern has `match` in it take no event while `work` runs. */
export async function whileEventsAreLost<T>({ eventBridge }: World, match: string, work: () => Promise<T>): Promise<T> {
  const { Rules = [] } = await eventBridge.send(new ListRulesCommand({}));
  const rules = Rules.filter(({ EventPattern }) => EventPattern?.includes(match));
  if (rules.length === 0) throw new Error(`there is no rule for ${match}`);
  for (const { Name } of rules) await eventBridge.send(new DisableRuleCommand({ Name }));
  try {
    return await work();
  } finally {
    for (const { Name } of rules) await eventBridge.send(new EnableRuleCommand({ Name }));
  }
}

/** The event as EventBridge hands it to `check-backup`. */
export const manifestEvent = ({ client, layout }: World, backupId: BackupId) => ({
  id: "6f0c5b1e-5f7e-4c39-9c2a-1f3f7f9a0001",
  source: "aws.s3",
  "detail-type": "Object Created",
  time: new Date().toISOString(),
  detail: { bucket: { name: client.bucket }, object: { key: layout.manifest(backupId) } },
});
