import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { benchAddresses } from "./containers.ts";

export const SECRET_ARN = "arn:aws:secretsmanager:us-east-1:000000000000:secret:bench/shop";
export const KEY_ARN = "arn:aws:kms:us-east-1:000000000000:key/bench";
type StandIn = { url: string; stop(): void };

/** The two questions that a capture asks of AWS beside S3: a data key of KMS, and the login of Secrets Manager. */
export async function startStandIn(secret: Record<string, string>): Promise<StandIn> {
  const answers: Record<string, () => object> = {
    "TrentService.GenerateDataKey": () => ({
      KeyId: KEY_ARN,
      Plaintext: randomBytes(32).toString("base64"),
      CiphertextBlob: randomBytes(184).toString("base64"),
    }),
    "secretsmanager.GetSecretValue": () => ({ ARN: SECRET_ARN, SecretString: JSON.stringify(secret) }),
  };
  const server = createServer((request, response) => {
    const target = String(request.headers["x-amz-target"]);
    const answer = answers[target]?.();
    request
      .resume()
      .on("end", () =>
        response
          .writeHead(answer ? 200 : 400, { "content-type": "application/x-amz-json-1.1" })
          .end(JSON.stringify(answer ?? { __type: "UnknownOperationException", message: target })),
      );
  });
  server.listen(benchAddresses.standIn, benchAddresses.host);
  await once(server, "listening");
  return {
    url: `http://${benchAddresses.host}:${benchAddresses.standIn}`,
    stop: () => void server.close().closeAllConnections(),
  };
}
