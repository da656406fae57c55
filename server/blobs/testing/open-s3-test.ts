import { randomBytes } from "node:crypto";
import { inject } from "vitest";
import { createBucket, type Bucket, type S3Settings } from "../s3/bucket.ts";
import { createS3BlobStore } from "../s3/s3-blob-store.ts";
import type { BlobStore } from "../blob-store.ts";
import type { S3Access } from "./s3-global-setup.ts";

/** For `describe.skipIf`: the run said already that there is no server, and how to get one. */
export const isS3Away = inject("testS3Url") === null;

export interface S3Test {
  settings: S3Settings;
  bucket: Bucket;
  store: BlobStore;
  close(): Promise<void>;
}

/** A bucket of its own at the S3 server of the run. */
export async function openS3Test(changes: Partial<S3Settings> = {}): Promise<S3Test> {
  const answer = await fetch(inject("testS3Url") ?? "");
  if (!answer.ok) throw new Error(await answer.text());
  const { endpoint, ...credentials } = (await answer.json()) as S3Access;
  const settings = {
    endpoint,
    credentials,
    region: "us-east-1",
    bucket: `millrace-test-${randomBytes(6).toString("hex")}`,
    prefix: "some/prefix/",
    forcePathStyle: true,
    ...changes,
  };
  const bucket = await createBucket(settings);
  await bucket.client.createBucket({ Bucket: settings.bucket });
  return {
    settings,
    bucket,
    store: createS3BlobStore(bucket),
    close: async () => bucket.client.destroy(),
  };
}
