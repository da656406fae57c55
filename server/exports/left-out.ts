import type { ExportRow } from "./export-row.ts";
import type { ExportHead, LeftOut, LeftOutReason } from "./session-format.ts";

const words: Record<LeftOutReason, string> = {
  missing: "is missing in the store",
  linked: "is not in this export",
  omitted: "was left out of this export",
};

/** What a reader is told in place of a body. */
export const describeLeftOut = ({ reason, byteSize }: LeftOut) =>
  `${byteSize} bytes that belong here: the text ${words[reason]}.`;

/**
 * Stands in a snapshot for a body that is not there: an object of the same kind that other tools can read, and says so
 * in `metadata.millrace`.
 */
export function markerOf({ sessionId }: ExportHead, row: ExportRow, what: LeftOut): object {
  const metadata = { millrace: { type: row.type, leftOut: what.reason, ...detailsOf(what) } };
  const { messageId, partId } = row;
  switch (row.kind) {
    case "session":
      return { id: sessionId, metadata };
    case "message":
      return { id: messageId, sessionID: sessionId, role: "assistant", metadata };
    default: {
      const text = describeLeftOut(what);
      const ids = { id: partId, messageID: messageId, sessionID: sessionId };
      return { ...ids, type: "text", text, synthetic: true, metadata };
    }
  }
}

export const detailsOf = ({ byteSize, sha256, href }: LeftOut) => ({
  bytes: byteSize,
  ...(sha256 !== null && { sha256 }),
  ...(href !== null && { href }),
});
