import { Writable } from "node:stream";
import type { Facts } from "#domain/facts.ts";
import type { ExitCodes, Input } from "#ports/commands.ts";
import { Certificates, mayHoldCertificates } from "./certificates.ts";
import { ContentDigest } from "./content-digest.ts";
import type { TarEntry } from "./tar-header.ts";
import { TarReader } from "./tar-reader.ts";
import { TreeFacts } from "./tree-facts.ts";

/** `chosen`: facts of the entries that were wanted. */
export type TarContents = { entries: number; tree: Facts; chosen: Facts; certificates: Facts };
type Options = {
  /** A tool that reads along. */
  into?: Input;
  /** Which entries it is given; all, when nothing is said. May throw. */
  wants?: (entry: TarEntry) => boolean;
  /** Has the last word: throws when what was read is not all there is to say. */
  accept?: (contents: TarContents) => void;
};
export type Following = Input & { contents: Promise<TarContents> };

/** Reads a tar to its end, proves the end, and takes its facts on the way. `exitCodes` and `contents` reject alike. */
export function followTar({ into, wants, accept }: Options = {}): Following {
  const passed: Buffer[] = [];
  const taking = takeFacts(wants);
  const reader = new TarReader({ ...taking.listener, ...(into ? { pass: (bytes) => void passed.push(bytes) } : {}) });
  const followed = Promise.withResolvers<TarContents>();
  const stream = new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      try {
        reader.push(chunk);
      } catch (error) {
        done(asError(error));
        return;
      }
      if (!into) return done();
      const bytes = passed.length === 1 ? passed[0] : Buffer.concat(passed);
      passed.length = 0;
      into.stream.write(bytes ?? "", (error) => {
        if (error)
          into.exitCodes.then(() => done(), done); // tar may end before the padding does: its exit decides
        else done();
      });
    },
    final(done) {
      try {
        reader.end();
        const contents = taking.contents();
        accept?.(contents);
        followed.resolve(contents);
      } catch (error) {
        done(asError(error));
        return;
      }
      into?.stream.end(); // it may be gone, and then nothing calls back
      done();
    },
    destroy(error, done) {
      into?.stream.destroy();
      followed.reject(error ?? new Error("the tar was not read to its end"));
      done(error);
    },
  });
  stream.on("error", () => {}); // told by `exitCodes`
  const contents = whole(followed.promise, into?.exitCodes ?? Promise.resolve({}));
  const exitCodes = contents.then(() => into?.exitCodes ?? {});
  for (const late of [contents, exitCodes]) late.catch(() => {});
  return { stream, exitCodes, contents };
}

/** A tool that went away is explained by its own exit, everything else by the headers. */
async function whole(followed: Promise<TarContents>, exited: Promise<ExitCodes>): Promise<TarContents> {
  const [read, exit] = await Promise.allSettled([followed, exited]);
  const isOurs =
    read.status === "rejected" && /^(FormatIncomplete|InputInvalid|CommandFailed)$/.test(read.reason?.name);
  if (read.status === "rejected" && isOurs) throw read.reason;
  if (exit.status === "rejected") throw exit.reason;
  if (read.status === "rejected") throw read.reason;
  return read.value;
}

function takeFacts(wants: ((entry: TarEntry) => boolean) | undefined) {
  const tree = new TreeFacts();
  const chosen = new TreeFacts();
  const certificates = new Certificates();
  let entries = 0;
  let current: { entry: TarEntry; isWanted: boolean; digest: ContentDigest; kept: Buffer[] | undefined } | undefined;
  return {
    listener: {
      entry(entry: TarEntry) {
        entries++;
        const isWanted = wants?.(entry) ?? true;
        const kept = entry.kind === "file" && mayHoldCertificates(entry.path, entry.bytes) ? [] : undefined;
        current = { entry, isWanted, digest: new ContentDigest(), kept };
        return isWanted;
      },
      content(offset: number, bytes: Buffer) {
        current?.digest.write(offset, bytes);
        current?.kept?.push(Buffer.from(bytes));
      },
      entryEnd() {
        if (!current) return;
        const { entry, isWanted, digest, kept } = current;
        const content = digest.digest();
        tree.add(entry, content);
        if (isWanted && wants) chosen.add(entry, content);
        if (kept) certificates.look(entry.path, Buffer.concat(kept));
      },
    },
    contents: (): TarContents => ({
      entries,
      tree: tree.facts(),
      chosen: wants ? chosen.facts() : tree.facts(),
      certificates: certificates.facts(),
    }),
  };
}

const asError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)));
