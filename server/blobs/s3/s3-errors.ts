import { AppError, isAppError } from "#lib/errors.ts";

/** What the SDK throws, as far as it is looked at; a lost connection has no answer, so no status. */
interface S3Failure {
  name: string;
  code?: string;
  message?: string;
  $metadata?: { httpStatusCode?: number; requestId?: string };
}

/** Answers with a status of the caller's fault that pass nevertheless. */
const PASSING_NAMES = new Set(["RequestTimeout", "RequestTimeTooSkewed", "SlowDown", "Throttling"]);

export const statusOf = (error: unknown) =>
  (error as Partial<S3Failure> | null)?.$metadata?.httpStatusCode;

export const nameOf = (error: unknown) => (error as Partial<S3Failure> | null)?.name ?? "";

/** Whether the same request may succeed in a moment. */
export function isPassing(error: unknown): boolean {
  const status = statusOf(error);
  if (status === undefined) return nameOf(error) !== "CredentialsProviderError";
  return status >= 500 || status === 408 || status === 429 || PASSING_NAMES.has(nameOf(error));
}

/** A key that is not there; a bucket that is not there is another trouble. */
const isMissing = (error: unknown) => statusOf(error) === 404 && nameOf(error) !== "NoSuchBucket";

/** For a `catch`: what is to be removed may be gone already. */
export function ignoreMissing(error: unknown): void {
  if (!isMissing(error)) throw error;
}

/** For a `catch`: what is to be read must be there. */
export function refuseMissing(error: unknown): never {
  if (!isMissing(error)) throw error;
  const cause = describeFailure(error);
  throw new AppError("not_found", "The stored file is missing", { cause });
}

/**
 * Sends what `request` sends and makes `unavailable` of its failure, but for errors of our own; of an abort, the
 * signal's reason.
 * The cause names what the server said, without the parts of a signature that some errors repeat.
 */
export async function ask<Answer>(
  request: () => Promise<Answer>,
  signal?: AbortSignal,
): Promise<Answer> {
  try {
    return await request();
  } catch (error) {
    signal?.throwIfAborted();
    throw toBlobError(error);
  }
}

export function toBlobError(error: unknown): AppError {
  if (isAppError(error)) return error;
  const cause = describeFailure(error);
  const status = statusOf(error) ?? null;
  return new AppError("unavailable", "The file storage did not answer", {
    details: { status },
    cause,
  });
}

/** Of whatever was thrown, also of what is no error. */
function describeFailure(error: unknown): Error {
  const { name, code, message, $metadata } = (error ?? {}) as Partial<S3Failure>;
  const facts = [name, code, $metadata?.httpStatusCode, $metadata?.requestId, message];
  return new Error(facts.filter((fact) => fact !== undefined && fact !== "").join(" "));
}
