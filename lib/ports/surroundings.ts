/** Where a source is reached over a network, as its engine reads its section of the plan. */
export type Endpoint = {
  host: string;
  port: number;
  /** `never`, or `preferred`: plain where the server has no TLS. With `ca` (PEM) only its certificates, for this host. */
  tls: "never" | { use: "preferred" | "required"; ca?: string };
  /** For a protocol that begins in plain: what a client says to be given TLS, and how the answer of a willing server begins. */
  beforeTls?: { ask: Uint8Array; yes: string };
};

/** What a server showed of itself. Nothing was refused for it: each thing that is wrong can be named. */
export type Handshake = {
  /** `TLSv1.3` … */
  protocol: string;
  /** The common name of whoever signed the certificate. */
  signedBy: string;
  expires: Date;
  /** OpenSSL's word for what is wrong with the chain up to the authority: `CERT_HAS_EXPIRED`, `SELF_SIGNED_CERT_IN_CHAIN` … */
  chainProblem: string | undefined;
  /** Why the certificate is not one for this host. */
  hostProblem: string | undefined;
};

/** What a task can find out about the place that it runs in. Everything is bounded: `ETIMEDOUT` says that a bound was met. */
export interface Surroundings {
  /** The addresses of a name, as every client of this machine would find them. Throws Node's errors (`ENOTFOUND`). */
  addresses(host: string): Promise<string[]>;
  /** Milliseconds until a TCP connection stood; it is closed again. Throws Node's errors (`ECONNREFUSED`). */
  connect(endpoint: Endpoint): Promise<number>;
  /** `undefined` when the server says that it has no TLS. Throws what came in the handshake's place. */
  handshake(endpoint: Endpoint): Promise<Handshake | undefined>;
  /** What can still be written below this folder. */
  freeBytes(folder: string): Promise<number>;
}
