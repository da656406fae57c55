import { Readable } from "node:stream";
import { AppError } from "#lib/errors.ts";
import { SHARED_TEXT_OUTPUT_MAX_BYTES } from "#lib/limits.ts";
import type { Output } from "#lib/output.ts";
import { outputKind } from "#lib/output-kind.ts";
import type { SharedOutput, SharedOutputsPage } from "#lib/shared-output.ts";
import { PICTURE_HEAD_BYTES, readPicture } from "#lib/read-picture.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import type { Fragment, TransactionSql } from "#server/database/database.ts";
import { type MessageOrder, readBounds } from "#server/items/transcript-bounds.ts";
import { openOutputBytes } from "#server/outputs/open-output-bytes.ts";
import { fromOutputs, outputColumns } from "#server/outputs/output-row.ts";
import { keepShowable, readShownText } from "./keep-showable.ts";
import type { Share } from "./find-share.ts";
import { pageOutputs } from "./page-outputs.ts";
import { spanOf } from "./read-share-rows.ts";

/** An output's bytes as they leave through a share. */
export interface OpenedSharedOutput {
  output: SharedOutput;
  stream: Readable;
  mime: string;
  bytes: number;
}

/** Without what the share hides. */
type RewriteText = (text: string) => string;

/** The outputs of a session as a share shows them. */
export interface SharedOutputs {
  /** Newest first, those behind `before` or the first ones, without what does not begin as its type says. */
  readPage(before?: string): Promise<SharedOutputsPage>;
  isShown(output: Pick<Output, "outputId">): boolean;
  /** Throws `not_found` for what the share does not show, and for bytes that are not what their type says. */
  open(outputId: string): Promise<OpenedSharedOutput>;
}

/**
 * What came out of the turns that a share shows, and had ended when a frozen one was frozen: pictures that are what they
 * say, and texts in UTF-8 without what the share hides. What it cannot look into is not shown, nor is anything where
 * outputs of tools are hidden. Files of items are in these.
 */
export async function readSharedOutputs(
  services: BlobServices,
  share: Share,
  rewriteText: RewriteText,
): Promise<SharedOutputs> {
  const rows = share.hidesOutputs ? [] : await listRows(services, share);
  const outputs = new Map(rows.filter(isReadable).map((row) => [row.outputId, row]));

  return {
    async readPage(before) {
      const page = pageOutputs([...outputs.values()], before);
      const shown = await keepShowable(services, page.outputs);
      const leftOutCount = page.outputs.length - shown.length;
      return {
        ...page,
        outputs: shown.map((one) => toShared(one, rewriteText)),
        total: page.total - leftOutCount,
      };
    },
    isShown: ({ outputId }) => outputs.has(outputId),
    async open(outputId) {
      const output = outputs.get(outputId);
      if (!output) throw notShown();
      return openReadable(services, output, rewriteText);
    },
  };
}

/** One of the outputs that `readSharedOutputs` has, without looking at the others. Throws as its `open` does. */
export async function openSharedOutput(
  services: BlobServices,
  share: Share,
  { outputId, rewriteText }: { outputId: string; rewriteText: RewriteText },
): Promise<OpenedSharedOutput> {
  const [output] = share.hidesOutputs ? [] : await listRows(services, share, outputId);
  if (!output || !isReadable(output)) throw notShown();
  return openReadable(services, output, rewriteText);
}

const toShared = (
  { outputId, mime, state, createdAt, port }: Output,
  rewriteText: RewriteText,
): SharedOutput => ({ outputId, mime, state, createdAt, name: rewriteText(port) });

const TEXTS = new Set(["text", "json", "table"]);

function isReadable({ mime, bytes }: Output): boolean {
  const kind = outputKind(mime);
  return kind === "picture" || (TEXTS.has(kind) && bytes <= SHARED_TEXT_OUTPUT_MAX_BYTES);
}

/**
 * Of the log of the session: what began and ended in the turns that are shown, and changed no more after the share was
 * frozen.
 */
async function listRows(
  { database: { sql } }: BlobServices,
  share: Share,
  outputId?: string,
): Promise<Output[]> {
  const { sessionId, generation, frozenSeq } = share;
  return sql.begin("read only", async (tx): Promise<Output[]> => {
    const bounds = await readBounds(tx, share, spanOf(share));
    if (bounds === null) return [];
    const from = share.fromMessageId === null ? 0 : Number(bounds.from?.firstSeq ?? 0);
    const to = Number(bounds.to?.firstSeq ?? 0);
    return tx<Output[]>`
      select ${outputColumns(tx)} ${fromOutputs(tx)}
      where o.session_id = ${sessionId} and o.generation = ${generation} and o.state <> 'writing'
        and o.bytes > 0 and (o.first_seq >= ${from} ${orOfPrompt(tx, share)})
        ${to === 0 ? tx`` : tx`and o.first_seq < ${to} and o.seq < ${to}`}
        ${outputId === undefined ? tx`` : tx`and o.id = ${outputId}`}
        ${frozenSeq === null ? tx`` : tx`and o.seq <= ${frozenSeq}`}
        ${bounds.from === null ? tx`` : isOfSpan(tx, bounds.from)}
        ${endedBeforeNext(tx, share)}
        and not (o.source = 'content' and (
          o.execution_id = '' or exists (select from item_refs r where r.blob_id = o.blob_id)
        ))
      order by o.id desc`;
  });
}

/**
 * The item of a prompt comes with the agent's first word about it. What came out before that, and behind the moment in
 * which the agent was given the prompt, is of its turn all the same.
 */
function orOfPrompt(tx: TransactionSql, share: Share): Fragment {
  const { sessionId, generation, fromMessageId } = share;
  if (fromMessageId === null) return tx``;
  return tx`or o.line_id is null and o.created_at >= (
    select delivered_at from prompts
    where session_id = ${sessionId} and generation = ${generation} and message_id = ${fromMessageId})`;
}

/** Nothing of the prompt behind the last turn, which may be without an item. */
function endedBeforeNext(tx: TransactionSql, share: Share): Fragment {
  const { sessionId, generation, toMessageId } = share;
  if (toMessageId === null) return tx``;
  return tx`and not exists (
    select from prompts last join prompts next using (session_id, generation)
    where session_id = ${sessionId} and generation = ${generation}
      and last.message_id = ${toMessageId} and next.delivered_at > last.delivered_at
      and o.ended_at >= next.delivered_at and o.line_id is null)`;
}

/**
 * A file that an earlier turn left, for want of time or as its server died, is stored in the next one: where turns before
 * are not shown, one that was last written before the first that is.
 */
function isOfSpan(tx: TransactionSql, { sortKey }: MessageOrder): Fragment {
  const beganMs = /^[0-9]{1,16}$/.test(sortKey) ? Number(sortKey) : null;
  return tx`
    and (o.source <> 'file' or case when o.file_version ~ '^[0-9]+ [0-9]+ [0-9]+$'
      then split_part(o.file_version, ' ', 2)::numeric >= ${beganMs}::numeric * 1000000 else false end)`;
}

async function openReadable(
  services: BlobServices,
  output: Output,
  rewriteText: RewriteText,
): Promise<OpenedSharedOutput> {
  const isPicture = outputKind(output.mime) === "picture";
  const opened = isPicture
    ? await openPicture(services, output)
    : await openText(services, output, rewriteText);
  return { output: toShared(output, rewriteText), ...opened };
}

type Opened = Omit<OpenedSharedOutput, "output">;

async function openPicture(services: BlobServices, output: Output): Promise<Opened> {
  const head = await openOutputBytes(services, output, { length: PICTURE_HEAD_BYTES });
  const picture = readPicture(Buffer.concat((await head.toArray()) as Buffer[]));
  if (picture === null) throw notShown();
  const { bytes } = output;
  const stream = await openOutputBytes(services, output, { length: bytes });
  return { stream, mime: picture.type, bytes };
}

async function openText(
  services: BlobServices,
  output: Output,
  rewriteText: RewriteText,
): Promise<Opened> {
  const stream = await openOutputBytes(services, output);
  const text = readShownText(Buffer.concat((await stream.toArray()) as Buffer[]));
  if (text === null) throw notShown();
  const shown = Buffer.from(rewriteText(text));
  return {
    stream: Readable.from([shown], { objectMode: false }),
    mime: "text/plain; charset=utf-8",
    bytes: shown.byteLength,
  };
}

const notShown = () => new AppError("not_found", "This share does not show that");
