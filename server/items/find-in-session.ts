import { AppError } from "#lib/errors.ts";
import type { FindPage, FoundItem } from "#lib/transcript.ts";
import type { Database, Fragment, TransactionSql } from "#server/database/database.ts";
import { codeOf } from "./failure-kind.ts";
import {
  LAST_PART,
  selectCandidates,
  selectStep,
  type Candidate,
  type StepStart,
} from "./find-candidates.ts";
import { keepToKeys } from "./keep-to-keys.ts";
import {
  createBudget,
  searchBodies,
  type SearchBudget,
  type SearchOptions,
} from "./search-bodies.ts";
import {
  getOrderedPlace,
  readBounds,
  type OrderedPlace,
  type Target,
  type TranscriptSpan,
} from "./transcript-bounds.ts";
import { formatPlace, parsePlace } from "./transcript-place.ts";

/** A statement that takes longer gives up on its step, which then counts as not searched. */
const STATEMENT_TIMEOUT_MS = 5_000;
const QUERY_CANCELED = "57014";

/** `text` is literal; upper and lower case are the same. */
export interface FindInSession extends Target, SearchOptions {
  /** `after` of the answer before. */
  after?: string | undefined;
  span?: TranscriptSpan | undefined;
  /** See `selectCandidates`. */
  isAlwaysRead?: ((sql: TransactionSql) => Fragment) | undefined;
  /** An answer comes after so many items … */
  maxFound: number;
  /** … or when so much time is over, whatever comes first. */
  budgetMs: number;
}

/**
 * Where a text stands in what a session says: in the texts of its bodies, not in names of members nor in JSON's
 * escapes. One answer walks as far as its budget goes; the next goes on from there. Bodies that are blobs are streamed;
 * those that are too much for an answer are counted, or left to the next answer when the search is thorough. Throws
 * `invalid_input` for an empty text and for a malformed place.
 */
export async function findInSession(database: Database, query: FindInSession): Promise<FindPage> {
  if (query.text.trim() === "") throw new AppError("invalid_input", "There is nothing to look for");
  const budget = createBudget(query.budgetMs);
  const page: FindPage & { found: FoundItem[] } = { found: [], after: null, unsearchedCount: 0 };
  const start = await database.sql.begin("read only", async (tx) => {
    await keepToKeys(tx);
    const at =
      query.after === undefined ? null : await getOrderedPlace(tx, query, parsePlace(query.after));
    return { at, bounds: await readBounds(tx, query, query.span ?? {}) };
  });
  const { bounds } = start;
  if (bounds === null) return page;
  for (let { at } = start; ;) {
    const found = await searchStep(database, query, { bounds, at, budget });
    page.found.push(...found.items);
    page.unsearchedCount += found.unsearchedCount;
    if (found.end === null) return page;
    at = found.end;
    page.after = formatPlace(at);
    const isOver = found.isCut || performance.now() >= budget.endsAtMs;
    if (page.found.length >= query.maxFound || isOver) return page;
    page.after = null;
  }
}

interface Step {
  items: FoundItem[];
  unsearchedCount: number;
  /** Null at the end of the transcript. */
  end: OrderedPlace | null;
  /** The budget did not last until the end of the step. */
  isCut: boolean;
}

async function searchStep(
  { sql }: Database,
  query: FindInSession,
  start: StepStart & { budget: SearchBudget },
): Promise<Step> {
  const messages = await sql.begin("read only", (tx) => selectStep(tx, query, start));
  const last = messages.at(-1);
  if (!last) return { items: [], unsearchedCount: 0, end: null, isCut: false };
  const after = { ...last, partId: LAST_PART };
  const candidates = await sql
    .begin("read only", async (tx) => {
      await tx`select set_config('statement_timeout', ${String(STATEMENT_TIMEOUT_MS)}, true)`;
      return selectCandidates(tx, query, { messages, at: start.at });
    })
    .catch((error: unknown) => {
      if (codeOf(error) === QUERY_CANCELED) return null;
      throw error;
    });
  if (candidates === null) {
    const unsearchedCount = messages.reduce((sum, { partCount }) => sum + 1 + partCount, 0);
    return { items: [], unsearchedCount, end: after, isCut: false };
  }
  const { rows, isAll } = candidates;
  const placeOf = (row: Candidate | undefined) => {
    const message = messages.find(({ messageId }) => messageId === row?.messageId);
    return row && message ? { ...message, partId: row.partId } : null;
  };
  const { searchedCount, ...found } = await searchBodies(rows, query, start.budget);
  // An answer has searched something before it is cut: there is a place before.
  if (searchedCount < rows.length)
    return { ...found, end: placeOf(rows[searchedCount - 1]) ?? start.at, isCut: true };
  const end = isAll ? after : (placeOf(rows.at(-1)) ?? after);
  return { ...found, end, isCut: false };
}
