import type { IndexRanges } from "./keep-wanted.ts";

/** What the server answers to a question for missing lines. */
export interface MissingPage {
  missing: IndexRanges;
  /** There are more behind the last one. */
  isMissingCut: boolean;
}

/** Gaps that the server names at a time, at most. */
export const MISSING_PAGE_RANGES = 10_000;

/**
 * All gaps of a batch, page after page. `readPage` is asked for the gaps behind an index; what it answers instead of a
 * page ends the reading, and is the answer.
 */
export async function readAllMissing<Refusal extends object>(
  readPage: (after: number) => Promise<MissingPage | Refusal>,
): Promise<IndexRanges | Refusal> {
  const all: (readonly [from: number, to: number])[] = [];
  for (let after = -1; ;) {
    const page = await readPage(after);
    if (!isPage(page)) return page;
    all.push(...page.missing);
    const last = all.at(-1);
    if (!page.isMissingCut || !last) return all;
    after = last[1];
  }
}

const isPage = (answer: object): answer is MissingPage => "missing" in answer;
