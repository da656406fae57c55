import { join } from "node:path";
import type { Environment } from "#server/env.ts";
import type { BlobStore } from "./blob-store.ts";
import { createFsBlobStore } from "./fs-blob-store.ts";
import { createBucket } from "./s3/bucket.ts";
import { checkBucket } from "./s3/check-bucket.ts";
import { createS3BlobStore } from "./s3/s3-blob-store.ts";

/** Opens the store that the variables choose. A bucket that cannot be used is an `EnvironmentError`. */
export async function openBlobStore(environment: Environment): Promise<BlobStore> {
  const { DATA_DIR, S3_BUCKET, S3_ENDPOINT, S3_REGION, S3_PREFIX } = environment;
  if (S3_BUCKET === undefined) return createFsBlobStore({ rootPath: join(DATA_DIR, "blobs") });
  const bucket = await createBucket({
    endpoint: S3_ENDPOINT,
    region: S3_REGION,
    bucket: S3_BUCKET,
    prefix: S3_PREFIX,
    credentials: credentialsOf(environment),
    forcePathStyle: environment.S3_FORCE_PATH_STYLE,
  });
  await checkBucket(bucket);
  return createS3BlobStore(bucket);
}

function credentialsOf({ S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY }: Environment) {
  if (S3_ACCESS_KEY_ID === undefined || S3_SECRET_ACCESS_KEY === undefined) return undefined;
  return { accessKeyId: S3_ACCESS_KEY_ID, secretAccessKey: S3_SECRET_ACCESS_KEY };
}
