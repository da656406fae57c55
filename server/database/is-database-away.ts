/**
 * True when the database could not be reached, or left while it was asked: PostgreSQL's classes 08 (connection) and 57P
 * (shutdown), 53300 (too many connections), the driver's and the system's network errors.
 */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.cause !== undefined && isDatabaseAway(error.cause)) return true;
  if (!("code" in error) || typeof error.code !== "string") return false;
  return /^(08|57P|53300$|CONNECT|CONNECTION_|ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_)/.test(
    error.code,
  );
}
