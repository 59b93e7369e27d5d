import type { Database } from "./database.ts";
import type { ObjectStore } from "./object-store.ts";
import type { StandIn } from "./stand-in.ts";

/** What all contestants stand on. */
export type Ground = {
  images: { worker: string; stockTools: string };
  database: Database;
  objectStore: ObjectStore;
  standIn: StandIn;
  escrow: string;
};

export const awsEnv = ({ objectStore, standIn }: Ground) => ({
  AWS_ENDPOINT_URL: standIn.url,
  AWS_ENDPOINT_URL_S3: objectStore.url,
  AWS_ACCESS_KEY_ID: objectStore.credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: objectStore.credentials.secretAccessKey,
  AWS_REGION: "us-east-1",
  AWS_DEFAULT_REGION: "us-east-1",
});
