import type { TranscriptPage, WindowQuery } from "#lib/transcript.ts";
import type { Database } from "#server/database/database.ts";
import { readTranscript } from "./read-transcript.ts";
import type { Target, TranscriptSpan } from "./transcript-bounds.ts";

/** As much as fills a screen, and some more. */
const FIRST_LIMITS = { maxCount: 40, maxItems: 60, maxBytes: 192 * 1024 };
const LIMITS = { maxCount: 100, maxItems: 180, maxBytes: 512 * 1024 };

interface PageTarget extends Target {
  span?: TranscriptSpan | undefined;
}

/** A window as pages get it, the owner's and those of shares: small, whatever the session is. See `readTranscript`. */
export function readPage(
  database: Database,
  { sessionId, generation, span }: PageTarget,
  { isFirst = false, ...place }: WindowQuery,
): Promise<TranscriptPage> {
  const limits = isFirst ? FIRST_LIMITS : LIMITS;
  const target = { sessionId, generation, span, endsWithTurns: true };
  return readTranscript(database, { ...target, ...place, ...limits });
}
