import type { TransactionSql } from "#server/database/database.ts";
import { type DocumentReport, setReport } from "../settle-upload.ts";
import type { GrowingUpload } from "./growing-uploads.ts";

/**
 * Keeps in the row of an upload what of it is readable, with the batch that makes it so. A reading that began anew says
 * nothing until it is as far as the one before.
 */
export async function noteReadable(
  tx: TransactionSql,
  { uploadId }: GrowingUpload,
  report: DocumentReport,
): Promise<void> {
  const { stored, unchanged, stale, decodedBytes } = report.counts;
  await tx`
    update uploads set ${setReport(tx, report)}
    where id = ${uploadId} and decoded_bytes <= ${decodedBytes}
      and stored_count + unchanged_count + stale_count <= ${stored + unchanged + stale}`;
}
