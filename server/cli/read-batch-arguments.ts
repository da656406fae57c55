import { type BatchKind, batchKinds } from "#lib/batch.ts";
import { isBatchId } from "#lib/ids.ts";
import { isRecord } from "#lib/is-record.ts";
import { BATCH_CONCURRENCY_MAX } from "#lib/limits.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";

interface ServerOptions {
  server: string | null;
  token: string | null;
}

export interface BatchCommand extends ServerOptions {
  name: "batch";
  kind: BatchKind;
  /** A path, or `-` for standard input; of an import, also several paths of files and folders. */
  sources: [string, ...string[]];
  /** A batch that is there, and gets what it misses; null: the one of this file. */
  batchId: string | null;
  /** Members of every line that does not have them itself. */
  defaults: Record<string, unknown>;
  concurrency: number | null;
  /** Makes another batch, though one of this file may be there. */
  isForcedNew: boolean;
  /** Ends once the server has all lines, without waiting for what becomes of them. */
  isDetached: boolean;
}

export const knownBatchActions = ["status", "results", "retry", "seal", "abort"] as const;

/** Asks of a batch that is there, or changes it. */
export interface KnownBatchCommand extends ServerOptions {
  name: "known-batch";
  action: (typeof knownBatchActions)[number];
  batchId: string;
  /** Of `retry`: does not wait for what becomes of the lines. */
  isDetached: boolean;
  /** Of `seal`: though lines are missing. */
  allowGaps: boolean;
}

interface BatchValues {
  server?: string | undefined;
  token?: string | undefined;
  batch?: string | undefined;
  defaults?: string | undefined;
  concurrency?: string | undefined;
  new: boolean;
  detach: boolean;
  "allow-gaps": boolean;
}

/** Throws `CommandError` with what is wrong. */
export function readBatch(
  values: BatchValues,
  [word, ...rest]: string[],
): BatchCommand | KnownBatchCommand {
  const kind = batchKinds.find((known) => known === word);
  if (kind) return readFilling(values, kind, rest);
  const action = knownBatchActions.find((known) => known === word);
  if (action) return readKnown(values, action, rest);
  throw wrong(`A batch is one of ${[...batchKinds, ...knownBatchActions].join(", ")}`);
}

function readFilling(
  values: BatchValues,
  kind: BatchKind,
  [source, ...more]: string[],
): BatchCommand {
  if (source === undefined || (kind === "start" && more.length > 0))
    throw wrong("Name one file of lines, or - for standard input");
  if (values["allow-gaps"]) throw wrong("--allow-gaps is for `batch seal`");
  if (values.batch !== undefined) requireOwnOptions(values, values.batch);
  return {
    name: "batch",
    kind,
    sources: [source, ...more],
    ...serverOf(values),
    batchId: values.batch ?? null,
    defaults: readDefaults(values.defaults),
    concurrency: readConcurrency(values.concurrency),
    isForcedNew: values.new,
    isDetached: values.detach,
  };
}

/** A batch that is there has its defaults and its limit already. */
function requireOwnOptions({ defaults, concurrency, ...values }: BatchValues, batchId: string) {
  if (!isBatchId(batchId)) throw wrong(`"${batchId}" is not a batch id`);
  if (values.new) throw wrong("--new makes a batch, --batch names one: use either");
  if (defaults !== undefined || concurrency !== undefined)
    throw wrong("--defaults and --concurrency are those that the batch was made with");
}

function readKnown(
  values: BatchValues,
  action: KnownBatchCommand["action"],
  [batchId, ...more]: string[],
): KnownBatchCommand {
  if (batchId === undefined || !isBatchId(batchId) || more.length > 0)
    throw wrong("Name one batch, by its id");
  const { server, token, detach, "allow-gaps": allowGaps, ...others } = values;
  const option = (["batch", "defaults", "concurrency", "new"] as const).find(
    (name) => others[name],
  );
  if (option) throw wrong(`\`batch ${action}\` has no option --${option}`);
  if (detach && action !== "retry") throw wrong(`\`batch ${action}\` has no option --detach`);
  if (allowGaps && action !== "seal") throw wrong(`\`batch ${action}\` has no option --allow-gaps`);
  return {
    name: "known-batch",
    action,
    batchId,
    ...serverOf({ server, token }),
    isDetached: detach,
    allowGaps,
  };
}

const serverOf = ({ server, token }: Pick<BatchValues, "server" | "token">): ServerOptions => ({
  server: server ?? null,
  token: token ?? null,
});

function readDefaults(text = "{}"): Record<string, unknown> {
  try {
    const defaults: unknown = JSON.parse(text);
    if (isRecord(defaults)) return { ...defaults };
  } catch (error) {
    throw wrong(`--defaults is no JSON: ${(error as Error).message}`);
  }
  throw wrong('--defaults is an object, such as \'{"prompt": "Fix the CI"}\'');
}

function readConcurrency(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^[1-9]\d{0,3}$/.test(text) && Number(text) <= BATCH_CONCURRENCY_MAX) return Number(text);
  throw wrong(`--concurrency is a whole number from 1 to ${BATCH_CONCURRENCY_MAX}`);
}

const wrong = (message: string) =>
  new CommandError(exitCodes.usage, `${message}. \`millrace help\` tells more.`);
