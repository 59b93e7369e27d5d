import { GetSecretValueCommand, type SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { z } from "zod";
import { ConfigInvalid } from "#domain/errors.ts";
import type { Secrets } from "#ports/keys.ts";

const SecretText = z.record(z.string(), z.union([z.string(), z.number()]).transform(String));

export const secretsManager = (client: SecretsManagerClient): Secrets => ({
  async read(arn) {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: arn }));
    try {
      return SecretText.parse(JSON.parse(SecretString ?? ""));
    } catch {
      throw new ConfigInvalid(`The secret ${arn} is not a JSON object of strings`); // the cause would quote the secret
    }
  },
});
