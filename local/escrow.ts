import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { runToEnd } from "./podman.ts";
import { stageFiles } from "./stage-layout.ts";

const { folder, publicKey, privateKey } = stageFiles.escrow;

/**
 * The pair of keys that opens every artifact when the whole account is lost. In production a person makes it and keeps
 * the private half offline; here it is made once, without a passphrase, in `.holdfast/escrow/`.
 * @param image one with `gpg` in it: the machine may have none
 */
export async function ensureEscrowKeys(image: string): Promise<void> {
  if (existsSync(publicKey) && existsSync(privateKey)) return;
  const home = join(folder, "gnupg");
  await rm(folder, { recursive: true, force: true });
  await mkdir(home, { recursive: true, mode: 0o700 });
  await gpg(
    image,
    home,
    "--passphrase",
    "",
    "--quick-generate-key",
    "holdfast escrow (local stage) <escrow@holdfast.invalid>",
    "default",
    "default",
    "never",
  );
  await mkdir(dirname(publicKey), { recursive: true });
  await writeFile(publicKey, await gpg(image, home, "--armor", "--export"));
  await writeFile(`${privateKey}.new`, await gpg(image, home, "--armor", "--export-secret-keys"), { mode: 0o600 });
  await rename(`${privateKey}.new`, privateKey);
  await rm(home, { recursive: true });
}

async function gpg(image: string, home: string, ...args: string[]): Promise<string> {
  const options = ["--homedir", "/gnupg", "--batch", "--no-tty", "--quiet", "--pinentry-mode", "loopback"];
  const { exitCode, stdout, stderr } = await runToEnd({
    image,
    user: "0:0",
    network: "none",
    binds: [`${home}:/gnupg`],
    entrypoint: "gpg",
    argv: [...options, ...args],
  });
  if (exitCode !== 0) throw new Error(`the escrow keys could not be made: ${stderr}`);
  return stdout;
}
