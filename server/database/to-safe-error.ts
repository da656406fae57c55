import { type AppError, isAppError, toAppError } from "#lib/errors.ts";
import { databaseTrouble, isDatabaseAway } from "./is-database-away.ts";

/** What a caller is told: our own errors as they are, a lost database as `unavailable`, all else as `internal`. */
export function toSafeError(error: unknown): AppError {
  if (!isAppError(error) && isDatabaseAway(error))
    return databaseTrouble(error, "The database cannot be reached right now");
  return toAppError(error);
}
