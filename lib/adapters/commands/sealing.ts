import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { CommandFailed, WrongKey } from "#domain/errors.ts";
import type { Command, ExitCodes } from "#ports/commands.ts";
import type { Sealing } from "#ports/sealing.ts";
import { readingIntoOneBuffer, untilExited } from "./one-buffer.ts";
import { type Process, startProcess } from "./process.ts";

const GPG = [
  "--batch",
  "--no-tty",
  "--quiet",
  "--pinentry-mode",
  "loopback",
  "--passphrase-fd",
  "3",
  "--no-symkey-cache",
];

/** The least that OpenPGP has: the passphrase is 32 random bytes, and stretching it would cost a second per artifact. */
const NO_STRETCHING = ["--s2k-count", "65536"];

/** zstd and gpg, joined by a pipe of the kernel: their bytes never pass through this process. */
export const zstdAndGpg = (): Sealing => ({
  seal({ passphrase, escrow, compression }, signal) {
    const home = gnupgHome(escrow);
    const compress: Command = { file: "zstd", args: [`-${compression}`, "-T2", "--quiet", "--stdout"] };
    const recipient =
      escrow === undefined
        ? []
        : ["--encrypt", "--recipient-file", join(home, "escrow.asc"), "--trust-model", "always"];
    const encrypt: Command = {
      file: "gpg",
      args: [
        ...GPG,
        "--symmetric",
        ...NO_STRETCHING,
        ...recipient,
        "--cipher-algo",
        "AES256",
        "--compress-algo",
        "none",
        "--output",
        "-",
      ],
      env: { GNUPGHOME: home },
    };
    const reading: Reading = (start) => readingIntoOneBuffer(home, start);
    return joined(compress, encrypt, { first: undefined, second: passphrase }, home, signal, reading);
  },
  unseal(passphrase, signal) {
    const home = gnupgHome(undefined);
    const decrypt: Command = { file: "gpg", args: [...GPG, "--decrypt", "--output", "-"], env: { GNUPGHOME: home } };
    const expand: Command = { file: "zstd", args: ["--decompress", "--quiet", "--stdout"] };
    return joined(decrypt, expand, { first: passphrase, second: undefined }, home, signal, readingAsItComes);
  },
});

type Passphrases = { first: string | undefined; second: string | undefined };

type Reading = (start: (stdout: "pipe" | Writable) => Process) => { child: Process; chunks: AsyncIterable<Uint8Array> };

/** Plaintext goes on to engines, whose streams may hold several chunks at a time. */
const readingAsItComes: Reading = (start) => {
  const child = start("pipe");
  if (!child.stdout) throw new CommandFailed("no stdout");
  return { child, chunks: child.stdout };
};

function joined(
  first: Command,
  second: Command,
  secrets: Passphrases,
  home: string,
  signal: AbortSignal,
  reading: Reading,
) {
  const head = startProcess(first, home, signal, { stdin: "pipe", stdout: "pipe", ...fd3(secrets.first) });
  const between = head.stdout as Readable;
  const { child: tail, chunks } = reading((stdout) =>
    startProcess(second, home, signal, { stdin: between, stdout, ...fd3(secrets.second) }),
  );
  between.destroy(); // this process's copy of the pipe: else the first would never notice that the second is gone
  const exitCodes = Promise.all([head.exited, tail.exited])
    .then((): ExitCodes => ({ [first.file]: 0, [second.file]: 0 }))
    .catch((error: Error) => {
      if (/Bad session key|decryption failed: No secret key/i.test(head.stderr()))
        throw new WrongKey("The data key does not open this artifact");
      throw error;
    })
    .finally(() => endAgent(home));
  exitCodes.catch(() => {}); // awaited late
  return { input: head.stdin as Writable, output: { bytes: untilExited(tail, chunks, exitCodes), exitCodes } };
}

const fd3 = (secret: string | undefined) => (secret === undefined ? {} : { fd3: secret });

/** Of its own, since one gpg-agent stays per home; short, since its socket's path may have 108 bytes. */
function gnupgHome(escrow: string | undefined): string {
  const home = mkdtempSync(join(tmpdir(), "hf-"));
  if (escrow !== undefined) writeFileSync(join(home, "escrow.asc"), escrow);
  return home;
}

async function endAgent(home: string) {
  const ended = startProcess(
    { file: "gpgconf", args: ["--kill", "gpg-agent"], env: { GNUPGHOME: home } },
    home,
    new AbortController().signal,
    { stdin: "ignore", stdout: "ignore" },
  );
  await ended.exited.catch(() => {}); // it may never have been started
  rmSync(home, { recursive: true, force: true });
}
