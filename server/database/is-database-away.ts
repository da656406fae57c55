import { AppError, isAppError } from "#lib/errors.ts";

const RESOURCE = "database";

/** What a caller is told of trouble with the database: raw errors may quote what was written, or hold a password. */
export function databaseTrouble(cause: unknown, message = "The database did not answer"): AppError {
  return new AppError("unavailable", message, { details: { resource: RESOURCE }, cause });
}

/**
 * True when the database could not be reached, or left while it was asked: PostgreSQL's classes 08 (connection) and 57P
 * (shutdown), 53300 (too many connections), the driver's and the system's network errors. The latter look alike whatever
 * was to be reached, so of our own errors only those of `databaseTrouble` are looked into: a git host without an address
 * is no lost database.
 */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (isAppError(error) && error.details["resource"] !== RESOURCE) return false;
  if (error.cause !== undefined && isDatabaseAway(error.cause)) return true;
  if (!("code" in error) || typeof error.code !== "string") return false;
  return /^(08|57P|53300$|CONNECT|CONNECTION_|ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_)/.test(
    error.code,
  );
}
