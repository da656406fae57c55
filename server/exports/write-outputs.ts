import type { Readable } from "node:stream";
import { isAppError } from "#lib/errors.ts";
import { type ExportRefs, type ExportTotals, OUTPUT_LINE_TYPE } from "#lib/export.ts";
import { EXPORT_OUTPUT_INLINE_MAX_BYTES } from "#lib/limits.ts";
import type { Output } from "#lib/output.ts";
import { encodeBase64 } from "#server/blobs/encode-base64.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import type { TransactionSql } from "#server/database/database.ts";
import type { Target } from "#server/items/transcript-bounds.ts";
import { openOutputBytes } from "#server/outputs/open-output-bytes.ts";
import { fromOutputs, outputColumns } from "#server/outputs/output-row.ts";
import type { ExportOutput } from "./export-output.ts";
import type { OutputFacts, OutputPlace } from "./output-frame.ts";
import type { SessionFormat } from "./session-format.ts";

/** Which outputs are in an export, and how. */
export interface ExportedOutputs {
  hrefOf(outputId: string): string;
  /** Left out: all. */
  isShown?: (output: Output) => boolean;
  /** What is said of an output; left out: as it is. */
  rewriteFacts?: (facts: OutputFacts) => OutputFacts;
  /** The bytes as they go out; left out: as they are. */
  openBytes?: (output: Output) => Promise<Readable>;
}

interface OutputsParts extends Target {
  services: BlobServices;
  tx: TransactionSql;
  format: SessionFormat;
  output: ExportOutput;
  totals: ExportTotals;
  refs: ExportRefs;
  since: number;
  exported: ExportedOutputs;
}

/**
 * Writes the outputs that have ended, oldest first. Content of 64 KiB or more that lies in an item is there already. Bytes
 * that are too many for a line that could be brought back are told of by their address; those that the format has no
 * place for are left out, and never opened. Yields when there is something to send.
 */
export async function* writeOutputs(parts: OutputsParts): AsyncGenerator<void> {
  const { format, output, totals, exported } = parts;
  const { isShown = () => true, rewriteFacts = (facts) => facts } = exported;
  for (const one of await listEnded(parts)) {
    if (!isShown(one)) continue;
    const facts = rewriteFacts(factsOf(one));
    const opened = await openPlace(parts, one, format.takesBytesOf(facts));
    const frame = format.frameOutput(facts, opened.place);
    totals.outputs = (totals.outputs ?? 0) + 1;
    if (opened.place.kind !== "inline" && one.bytes > 0)
      totals[opened.isMissing ? "missing" : "leftOut"] += 1;
    output.text(frame.before);
    if (opened.stream)
      for await (const chunk of encodeBase64(opened.stream)) {
        output.bytes(chunk);
        if (output.isReady) yield;
      }
    output.text(frame.after);
    if (output.isReady) yield;
  }
}

const listEnded = ({ tx, sessionId, generation, since }: OutputsParts): Promise<Output[]> =>
  tx<Output[]>`
    select ${outputColumns(tx)} ${fromOutputs(tx)}
    where o.session_id = ${sessionId} and o.generation = ${generation} and o.seq > ${since}
      and o.state <> 'writing' and not (o.source = 'content' and (
        coalesce(o.sha256 in (
          select b.sha256 from item_refs r join blobs b on b.id = r.blob_id
          where r.session_id = ${sessionId} and r.generation = ${generation}
            and b.sha256 is not null
        ), false)
        or exists (
          select from items i
          where i.session_id = o.session_id and i.generation = o.generation
            and i.type = ${OUTPUT_LINE_TYPE} and i.message_id = '' and i.part_id = o.line_id
            and i.seq = o.seq
        )
      ))
    order by o.id`.execute();

interface OpenedPlace {
  place: OutputPlace;
  /** Of what is inline. */
  stream?: Readable;
  isMissing?: boolean;
}

async function openPlace(
  { services, refs, exported }: OutputsParts,
  output: Output,
  isTaken: boolean,
): Promise<OpenedPlace> {
  if (output.bytes === 0) return { place: { kind: "none", reason: "empty" } };
  if (refs === "omit") return { place: { kind: "none", reason: "omitted" } };
  const isLong = output.bytes > EXPORT_OUTPUT_INLINE_MAX_BYTES;
  if (refs === "link" || isLong)
    return { place: { kind: "link", href: exported.hrefOf(output.outputId) } };
  if (!isTaken) return { place: { kind: "none", reason: "omitted" } };
  const open = exported.openBytes ?? ((one) => openOutputBytes(services, one));
  try {
    return { place: { kind: "inline" }, stream: await open(output) };
  } catch (error) {
    if (!isAppError(error) || error.code !== "not_found") throw error;
    return { place: { kind: "none", reason: "missing" }, isMissing: true };
  }
}

const factsOf = ({ outputId, ...output }: Output): OutputFacts => {
  const { executionId, port, n, name, mime, source, state, bytes, sha256 } = output;
  const { error, createdAt } = output;
  const file = { port, n, name, mime, source, state, bytes, sha256, error, createdAt };
  return { id: outputId, executionId, ...file };
};
