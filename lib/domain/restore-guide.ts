import type { Artifact } from "./artifact.ts";
import type { BackupId } from "./ids.ts";
import type { Component } from "./manifest.ts";
import { repositoryLayout } from "./repository-layout.ts";

/** An engine's paragraphs: from plaintext artifacts to a running system, with stock tools. */
export type Guide = (artifacts: Artifact[]) => string;

type Restorable = {
  stage: string;
  bucket: string;
  signingKey: string;
  backupId: BackupId;
  components: (readonly [string, Component])[];
  guides: Record<string, Guide>;
};

/** RESTORE.md: the plain commands that restore this very backup with `aws`, `gpg`, `zstd` and the database's own tools. */
export function restoreGuide({ stage, bucket, signingKey, backupId, components, guides }: Restorable): string {
  return `# Restoring ${backupId} without holdfast

You need bash, the AWS CLI, \`gpg\` (with gpg-agent), \`zstd\`, \`jq\`, \`openssl\`, and the tools of each system below. Work in an
empty folder with room for the artifacts.

## 1. Fetch

\`\`\`bash
export BUCKET=${bucket} BACKUP=${stage}/${backupId}
aws s3 cp "s3://$BUCKET/$BACKUP/" . --recursive
aws s3 cp "s3://$BUCKET/${stage}/keys/" keys/ --recursive --exclude '*' --include '${backupId}.*'
\`\`\`

From a copy on disk, do the same with \`cp\`. If newer versions of an object were written over it, \`manifest.json\` has the
SHA-256 of the right one.

## 2. Check that nothing was changed

\`manifest.json\` is signed (ECDSA P-256, SHA-256). \`public.pem\` is the signing key: your own copy, or asked of KMS. Its
fingerprint is the one that the plan pins: \`openssl pkey -pubin -in public.pem -outform DER | sha256sum\`.

\`\`\`bash
aws kms get-public-key --key-id ${signingKey} --query PublicKey --output text | base64 --decode | openssl pkey -pubin -inform DER -out public.pem
\`\`\`

\`\`\`bash
openssl dgst -sha256 -verify public.pem -signature "manifest.$(sha256sum manifest.json | cut -d' ' -f1).sig" manifest.json
jq -r '.components[].artifacts[] | .sha256 + "  " + (.key | split("/") | last)' manifest.json | sha256sum --check
\`\`\`

## 3. Open

${openings(stage, components)}

## 4. Restore

\`open_artifact FILE\` writes an artifact's plaintext to its standard output. A command that fails half-way has restored nothing
that you should use: start again in an empty database.

${components.map(([source, component]) => `### ${source}\n\nConsistent at ${component.recoveredTo}.\n\n${artifactTable(component)}\n\n${guides[component.engine]?.(component.artifacts) ?? ""}`).join("\n\n")}
`;
}

function openings(stage: string, components: Restorable["components"]): string {
  const cases = components.map(([source, { keyId }]) => {
    const path = repositoryLayout(stage)
      .wrappedKey(keyId, 1)
      .slice(stage.length + 1);
    return `    ${source}-*) key=${path} ;;`;
  });
  return `With the escrow key (\`gpg --import\` the private key first; no AWS account is needed). A passphrase that gpg would ask for here is
that of the data key, which nobody has: it must not ask. If the escrow key has one of its own, take it off before, on this machine
only (\`gpg --passwd\`):

\`\`\`bash
open_artifact() { gpg --batch --quiet --pinentry-mode cancel --decrypt "$1" | zstd --decompress --quiet; }
set -o pipefail
\`\`\`

Or with the AWS account's KMS key:

\`\`\`bash
open_artifact() {
  case $1 in
${cases.join("\n")}
  esac
  gpg --batch --quiet --pinentry-mode loopback --no-symkey-cache --passphrase-fd 3 --decrypt "$1" 3< <(
    aws kms decrypt --key-id "$(jq -r .kmsKey $key)" --ciphertext-blob fileb://<(jq -r .wrapped $key | base64 --decode) \\
      --encryption-context "$(jq -c .context $key)" --query Plaintext --output text) | zstd --decompress --quiet
}
set -o pipefail
\`\`\``;
}

const artifactTable = ({ artifacts }: Component) =>
  `| file | holds | bytes |\n|---|---|---|\n${artifacts.map(({ key, holds, bytes }) => `| \`${key.split("/").at(-1)}\` | ${holds} | ${bytes} |`).join("\n")}`;
