import type { TransactionSql } from "#server/database/database.ts";
import { addContent, type ContentBytes, type ContentTarget } from "./add-content.ts";

/** A file that lay in an item, in a blob of its own. */
interface ItemFile extends ContentBytes {
  blobId: string;
  mime: string;
  name: string | null;
}

interface ItemFiles {
  files: readonly ItemFile[];
  /** Position of the item in the session's log. */
  seq: number;
}

/**
 * Makes outputs of files that came inside items: those of the same bytes are one in their session. Where the session has
 * no room for an output, the file stays what it is: a part of its item, and nothing else. The session's row is locked.
 */
export async function addItemOutputs(
  tx: TransactionSql,
  target: ContentTarget,
  { files, seq }: ItemFiles,
): Promise<void> {
  const { sessionId, generation } = target;
  for (const file of files) {
    const same = await tx`
      select from outputs
      where session_id = ${sessionId} and generation = ${generation} and sha256 = ${file.sha256}
      limit 1`;
    if (same.length === 0)
      await addContent(tx, target, { ...file, seq, cutOff: null, lineId: null });
  }
}
