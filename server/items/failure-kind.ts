import { isAppError } from "#lib/errors.ts";

/** Connection lost, transaction rolled back, out of resources, in use, stopped by an operator, disk or network. */
const PASSING_CLASSES = ["08", "40", "53", "55", "57", "58"];
/** Wrong state, login, database, schema, missing table or column: no item can help that. */
const SERVER_CLASSES = ["0A", "25", "26", "28", "3D", "3F", "42"];
const UNIQUE_VIOLATION = "23505";
/** What the driver and sockets say. */
const CONNECTION_CODES =
  /^(CONNECTION_|CONNECT_TIMEOUT|ECONN|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOENT)/;

/**
 * Whose fault it is that a write failed: `passing` (try the same again), `item` (the database refused a value of one
 * of the items: find it), `other` (our own answer, an abort, a database that is set up wrongly: no item is skipped
 * for it).
 */
export type FailureKind = "passing" | "item" | "other";

export function failureKind(error: unknown): FailureKind {
  if (isAppError(error)) return "other";
  const code = codeOf(error);
  if (CONNECTION_CODES.test(code)) return "passing";
  if (!isDatabaseCode(code)) return "other";
  const codeClass = code.slice(0, 2);
  if (PASSING_CLASSES.includes(codeClass)) return "passing";
  return itemFaults.has(error as object) && !SERVER_CLASSES.includes(codeClass) ? "item" : "other";
}

const itemFaults = new WeakSet<object>();

/**
 * For the statements that write what items bring: only their errors may be an item's fault. A mistake of ours in any
 * other statement would have every item skipped. Nor is a row that is there already an item's fault: somebody wrote it
 * without the lock of the session.
 */
export function blameItems(error: unknown): never {
  const isFault = typeof error === "object" && error !== null && codeOf(error) !== UNIQUE_VIOLATION;
  if (isFault) itemFaults.add(error);
  throw error;
}

/** PostgreSQL's codes: a class of two characters, as its manual lists them, and three more. */
export const isDatabaseCode = (code: string) =>
  /^(?:[0-9][0-9A-Z]|F0|HV|P0|XX)[0-9A-Z]{3}$/.test(code);

/** Empty when there is none. */
export function codeOf(error: unknown): string {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : "";
  return typeof code === "string" ? code : "";
}
