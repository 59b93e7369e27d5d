import { X509Certificate } from "node:crypto";
import type { Facts } from "#domain/facts.ts";
import { type Bytes, shown } from "./names.ts";

const MOST_BYTES_OF_A_CERTIFICATE_FILE = 65_536;
const MOST_LISTED = 200;
const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** Whether a file's name and size are those of certificates. */
export const mayHoldCertificates = (path: Bytes, bytes: number) =>
  bytes <= MOST_BYTES_OF_A_CERTIFICATE_FILE && /\.(pem|crt|cer|der)$|(^|\/)(fullchain|cert|chain)[^/]*$/i.test(path);

/** Every certificate in a file, as text or DER; none for what is something else, such as a key. */
function certificatesIn(bytes: Buffer): { subject: string; expires: string }[] {
  const found = bytes.toString("latin1").match(PEM) ?? [bytes];
  return found.flatMap((one) => {
    try {
      const { subject, validToDate } = new X509Certificate(one);
      return [{ subject: subject.replaceAll("\n", ", "), expires: validToDate.toISOString() }];
    } catch {
      return [];
    }
  });
}

/** Certificates by the path of their file, the first two hundred of them; how many more there are is counted. */
export class Certificates {
  readonly #found: Facts = {};
  #count = 0;

  look(path: Bytes, bytes: Buffer): void {
    for (const [index, { subject, expires }] of certificatesIn(bytes).entries()) {
      const name = index === 0 ? shown(path) : `${shown(path)} #${index + 1}`;
      if (++this.#count <= MOST_LISTED) this.#found[name] = { subject, expires };
    }
  }

  facts(): Facts {
    return this.#count > MOST_LISTED ? { ...this.#found, "not listed": this.#count - MOST_LISTED } : this.#found;
  }
}
