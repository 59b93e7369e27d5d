import Table from "cli-table3";
import colors from "picocolors";
import prettyBytes from "pretty-bytes";
import type { Manifest } from "../../lib/domain/manifest.ts";

export const table = (head: string[]) =>
  new Table({ head: head.map((text) => colors.bold(text)), style: { head: [], border: [], compact: true } });

/** What a backup holds: plain and stored bytes, and how its end was proved. */
export function describeBackup({ components }: Manifest): string {
  const shown = table(["source", "holds", "plain", "stored", "how its end is proved"]);
  for (const [source, { artifacts }] of Object.entries(components))
    for (const { holds, plainBytes, bytes, formatProof } of artifacts)
      shown.push([source, holds, prettyBytes(plainBytes), prettyBytes(bytes), formatProof]);
  return shown.toString();
}
