import { EnvironmentError } from "#server/env.ts";
import type { Bucket } from "./bucket.ts";
import { nameOf, statusOf } from "./s3-errors.ts";

const CHECK_TIMEOUT_MS = 5_000;

/**
 * Sees whether the bucket can be reached and listed; throws an `EnvironmentError` that names the variable to look at,
 * after five seconds at most. Listing tells a wrong name, region and key apart; a HEAD, which has no body, does not.
 */
export async function checkBucket(bucket: Bucket, timeoutMs = CHECK_TIMEOUT_MS): Promise<void> {
  const { client, name, prefix } = bucket;
  const query = { Bucket: name, Prefix: prefix, MaxKeys: 1 };
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    await client.listObjectsV2(query, { abortSignal: signal });
  } catch (error) {
    throw new EnvironmentError(explain(error, signal.aborted ? timeoutMs : null));
  }
}

/** By what servers call it; their own words are not repeated, because some hold parts of a signature. */
function explain(error: unknown, timedOutMs: number | null): string {
  const status = statusOf(error);
  const name = nameOf(error);
  if (timedOutMs !== null)
    return `S3_ENDPOINT: the store did not answer within ${timedOutMs / 1_000} s`;
  if (["NoSuchBucket", "InvalidBucketName"].includes(name) || status === 404)
    return "S3_BUCKET: the store has no such bucket";
  if (status === 301 || name === "AuthorizationHeaderMalformed")
    return "S3_REGION: the bucket is in another region";
  if (name === "CredentialsProviderError")
    return "S3_ACCESS_KEY_ID: no credentials were given, and none were found elsewhere";
  if (status === 401 || status === 403)
    return `S3_ACCESS_KEY_ID: the store refused to list the bucket for these credentials (${name})`;
  if (status === undefined) return "S3_ENDPOINT: there is no store that answers at this address";
  return `S3_ENDPOINT: the store answered with an error (${status} ${name})`;
}
