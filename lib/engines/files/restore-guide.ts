import type { Artifact } from "#domain/artifact.ts";

/** Commands for a person who has the artifact's plaintext from `open_artifact NAME`, GNU tar, and nothing of holdfast. */
export function filesGuide(artifacts: Artifact[]): string {
  const tar = artifacts.find(({ kind }) => kind === "tar");
  const name = tar?.key.split("/").at(-1) ?? "this point holds no tar";
  return `Needs GNU \`tar\` (1.29 or newer for extended attributes) and, to give files back to their owners, root.

\`\`\`sh
mkdir restored
open_artifact ${name} | tar --extract --file=- --directory=restored --preserve-permissions --same-owner --numeric-owner --delay-directory-restore --acls --xattrs --xattrs-include='user.*' --xattrs-include=security.capability
\`\`\`

**Single files**, by the names that \`open_artifact ${name} | tar --list --file=-\` shows:

\`\`\`sh
# open_artifact ${name} | tar --extract --file=- --directory=restored ./one/file ./one/folder
\`\`\`

**In place of a tree that is there**: on the same file system, with what uses it stopped, \`mv tree tree.old && mv restored tree\`.`;
}
