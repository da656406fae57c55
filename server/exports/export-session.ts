import type { ExportFormat, ExportRefs } from "#lib/export.ts";
import { AppError } from "#lib/errors.ts";
import type { Database } from "#server/database/database.ts";
import type { Target, TranscriptSpan } from "#server/items/transcript-bounds.ts";
import { ExportOutput } from "./export-output.ts";
import { createSlots, type Slots } from "./export-slots.ts";
import { finishInTime } from "./finish-in-time.ts";
import { formatFacts } from "./formats.ts";
import { holdTransaction } from "./hold-transaction.ts";
import { readExportHead } from "./read-export-head.ts";
import { readExportRows } from "./read-export-rows.ts";
import type { ExportHead } from "./session-format.ts";
import { openSpool, type SpoolServices } from "./spool.ts";
import { type ExportedOutputs, writeOutputs } from "./write-outputs.ts";
import { RowWriter, type Rewrite, type RowOptions } from "./write-rows.ts";

export interface SessionExport extends Target {
  format: ExportFormat;
  refs?: ExportRefs | undefined;
  /** Items that changed after this position only. */
  since?: number | undefined;
  /** With one, only the session itself and its transcript are there. */
  span?: TranscriptSpan | undefined;
  rewrite?: Rewrite | undefined;
  /** Changes what the document says of the session beside its items. */
  rewriteHead?: ((head: ExportHead) => ExportHead) | undefined;
  /** Address of an item's whole body, where readers of the export can get it. */
  hrefOf?: ((seq: number) => string) | undefined;
  /** What came out beside the transcript; left out: nothing of it. */
  outputs?: ExportedOutputs | undefined;
  /** Asked about once a second: throws when the reader may not go on. Without it, the session must be there. */
  requireAccess?: (() => Promise<unknown>) | undefined;
  /** Aborted when the reader has left. */
  signal: AbortSignal;
  limits?: Partial<ExportLimits> | undefined;
}

export interface ExportLimits {
  /** How long a reader may hold a transaction open. */
  transactionMs: number;
  /** How long to wait for a place. */
  waitMs: number;
}

export interface OpenedExport {
  mime: string;
  /** Ending of a file of this form, without the dot. */
  extension: string;
  title: string;
  chunks: ExportChunks;
}

/** Pull them to their end or `return`: both free everything. */
export interface ExportChunks extends AsyncIterableIterator<Buffer, unknown> {
  return(): Promise<IteratorResult<Buffer, unknown>>;
}

const defaultLimits: ExportLimits = { transactionMs: 60_000, waitMs: 20_000 };
const TRANSACTIONS_MAX = 2;
const READERS_MAX = 16;
const WAITING_MAX = 16;
const CHECK_MS = 1_000;

interface Places {
  transactions: Slots;
  readers: Slots;
}

const placesOf = new WeakMap<Database, Places>();

/**
 * Opens a session as a document: one consistent view, read as fast as it is pulled, at constant memory. At most two
 * transactions are open for exports in a process; a reader who has not finished in 60 s gets the rest from a temporary
 * blob. Throws before the first byte: `gone`, `unavailable` (with `retryAfterSeconds` when too many are under way).
 * Later the chunks fail, also with `gone` when the session is deleted, `conflict` when a large item is replaced
 * meanwhile: what was sent until then is no whole document.
 */
export async function exportSession(
  services: SpoolServices,
  query: SessionExport,
): Promise<OpenedExport> {
  const { signal } = query;
  const limits = { ...defaultLimits, ...query.limits };
  const places = getPlaces(services.database, limits);
  const leave = await places.readers.take(signal);
  const facts = formatFacts[query.format];
  let title = "";
  const document = writeDocument(services, query, {
    places,
    onTitle: (known) => (title = known),
  });
  const inTime = finishInTime(document, {
    limitMs: limits.transactionMs,
    openSpool: (source) => openSpool(services, { ...targetOf(query), source, signal }),
  });
  const chunks = deliver(inTime, { query, services, leave });
  try {
    const first = await chunks.next();
    return {
      mime: facts.mime,
      extension: facts.extension,
      title,
      chunks: precede(first, chunks),
    };
  } catch (error) {
    await chunks.return(undefined);
    throw error;
  }
}

function getPlaces(database: Database, { waitMs }: ExportLimits): Places {
  const known = placesOf.get(database);
  if (known) return known;
  const places = {
    transactions: createSlots({ count: TRANSACTIONS_MAX, waitMs, maxWaiting: WAITING_MAX }),
    readers: createSlots({ count: READERS_MAX, waitMs, maxWaiting: 0 }),
  };
  placesOf.set(database, places);
  return places;
}

const targetOf = ({ sessionId, generation }: Target) => ({ sessionId, generation });

interface DocumentParts {
  places: Places;
  onTitle: (title: string) => void;
}

/** All bytes of the document. Its place is given back with its transaction. */
async function* writeDocument(
  services: SpoolServices,
  query: SessionExport,
  { places, onTitle }: DocumentParts,
): AsyncGenerator<Buffer> {
  const giveBack = await places.transactions.take(query.signal);
  try {
    yield* holdTransaction(services.database.sql, async function* (tx) {
      const { rewriteHead = (known) => known } = query;
      const head = rewriteHead(await readExportHead(tx, query));
      const { since = 0 } = query;
      if (since > head.lastSeq) throw tooLate(since, head.lastSeq);
      onTitle(head.title);
      const format = formatFacts[query.format].create(head);
      const output = new ExportOutput();
      const options: RowOptions = {
        ...targetOf(query),
        refs: query.refs ?? "inline",
        rewrite: query.rewrite ?? null,
        hrefOf: query.hrefOf ?? null,
        // Who is shown a part of the outputs gets files of items with the items, and by no address of their own.
        outputHrefOf: query.outputs?.isShown ? null : (query.outputs?.hrefOf ?? null),
      };
      const writer = new RowWriter({ services, format, output, options });
      const { span = null, rewrite } = query;
      const selection = {
        ...targetOf(query),
        since,
        span,
        needsIds: format.needsIds || rewrite !== undefined,
        takesGroups:
          format.takesGroups && rewrite === undefined && since === 0 && span?.maxSeq === undefined,
      };
      format.begin(output);
      for await (const rows of readExportRows({ sql: services.database.sql, tx }, selection)) {
        for (const row of rows) {
          if (!writer.write(row)) for await (const _ of writer.writeFar(row)) yield* output.take();
          if (output.isReady) yield* output.take();
        }
      }
      format.endItems?.(output);
      if (query.outputs) {
        const outputs = { ...targetOf(query), since, refs: options.refs, exported: query.outputs };
        const parts = { ...outputs, services, tx, format, output, totals: writer.totals };
        for await (const _ of writeOutputs(parts)) yield* output.take();
      }
      format.end(output, writer.totals);
      output.flush();
      yield* output.take();
    });
  } finally {
    giveBack();
  }
}

const tooLate = (since: number, lastSeq: number) =>
  new AppError("invalid_input", "The session has no position that late", {
    details: { field: "since", since, lastSeq },
  });

interface Delivery {
  query: SessionExport;
  services: SpoolServices;
  leave: () => void;
}

/** Asks again and again whether the reader may have what follows. */
async function* deliver(
  chunks: AsyncGenerator<Buffer>,
  { query, services, leave }: Delivery,
): AsyncGenerator<Buffer> {
  const { signal, requireAccess = () => requireSession(services.database, query) } = query;
  let checkedAt = performance.now();
  try {
    for await (const chunk of chunks) {
      signal.throwIfAborted();
      if (performance.now() - checkedAt >= CHECK_MS) {
        await requireAccess();
        checkedAt = performance.now();
      }
      yield chunk;
    }
  } finally {
    leave();
  }
}

async function requireSession({ sql }: Database, { sessionId, generation }: Target): Promise<void> {
  const [row] = await sql`
    select from sessions where id = ${sessionId} and generation = ${generation} and deleted_at is null`;
  if (!row) throw new AppError("gone", "The session was deleted while it was exported");
}

/** Leaving ends the rest, also when nobody has asked for anything yet: a generator would not notice that. */
function precede(
  first: IteratorResult<Buffer, unknown>,
  rest: AsyncGenerator<Buffer>,
): ExportChunks {
  let isFirst = true;
  const chunks: ExportChunks = {
    async next() {
      if (!isFirst) return rest.next();
      isFirst = false;
      return first;
    },
    return: () => rest.return(undefined),
    [Symbol.asyncIterator]: () => chunks,
  };
  return chunks;
}
