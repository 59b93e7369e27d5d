import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import type { Signer } from "#ports/keys.ts";
import { benchAddresses } from "./containers.ts";

export const SECRET_ARN = "arn:aws:secretsmanager:us-east-1:000000000000:secret:bench/shop";
export const KEY_ARN = "arn:aws:kms:us-east-1:000000000000:key/bench";
export type StandIn = { url: string; signer: Signer; stop(): void };
type Question = { CiphertextBlob?: string };

/** What tasks ask of AWS beside S3: data keys and the public key of KMS, and the login of Secrets Manager. */
export async function startStandIn(secret: Record<string, string>): Promise<StandIn> {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const wrapped = new Map<string, string>();
  const answers: Record<string, (question: Question) => object> = {
    "TrentService.GenerateDataKey": () => {
      const [Plaintext, CiphertextBlob] = [randomBytes(32).toString("base64"), randomBytes(184).toString("base64")];
      wrapped.set(CiphertextBlob, Plaintext);
      return { KeyId: KEY_ARN, Plaintext, CiphertextBlob };
    },
    "TrentService.Decrypt": ({ CiphertextBlob = "" }) => ({ KeyId: KEY_ARN, Plaintext: wrapped.get(CiphertextBlob) }),
    "TrentService.GetPublicKey": () => ({
      KeyId: KEY_ARN,
      PublicKey: publicKey.export({ format: "der", type: "spki" }).toString("base64"),
    }),
    "secretsmanager.GetSecretValue": () => ({ ARN: SECRET_ARN, SecretString: JSON.stringify(secret) }),
  };
  const server = createServer(async (request, response) => {
    const target = String(request.headers["x-amz-target"]);
    const question = JSON.parse(await text(request));
    const answer = answers[target]?.(question);
    response
      .writeHead(answer ? 200 : 400, { "content-type": "application/x-amz-json-1.1" })
      .end(JSON.stringify(answer ?? { __type: "UnknownOperationException", message: target }));
  });
  server.listen(benchAddresses.standIn);
  await once(server, "listening");
  return {
    url: `http://${benchAddresses.host}:${benchAddresses.standIn}`,
    signer: { sign: async (bytes) => sign("sha256", bytes, privateKey) },
    stop: () => void server.close().closeAllConnections(),
  };
}
