import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { keepWanted } from "#lib/batch-lines/keep-wanted.ts";
import { type LineRequest, planRequests } from "#lib/batch-lines/plan-requests.ts";
import type { ReceivedLines, RefusedLine } from "#server/batches/tally.ts";
import type { BatchClient } from "./batch-client.ts";
import type { FileLine } from "./list-lines.ts";

/** A line that nothing can be made of, as the server says. */
export interface Refusal extends Omit<RefusedLine, "line" | "offset"> {
  /** In the file, from 1. */
  lineNumber: number;
}

export const planOptions = {
  maxBytes: 8 * 1024 * 1024,
  isUpload: ({ longSha256 }: FileLine) => longSha256 !== null,
};

export interface LineSending {
  client: BatchClient;
  batchId: string;
  path: string;
  /** Names what a line was sent as, where that is not its own text. */
  uploadIds: ReadonlyMap<FileLine, string>;
  onRefused(refusal: Refusal): void;
}

/**
 * Sends lines in one request, or a few where places make it so. When that breaks, the server is asked what is missing,
 * and only that is read from the file and sent again, five times at most. Throws `CommandError`.
 */
export async function sendLines(
  sending: LineSending,
  request: LineRequest<FileLine>,
): Promise<void> {
  let { lines } = request;
  let isAgain = false;
  await sending.client.askBy(async () => {
    if (isAgain) {
      const asked = await sending.client.fetchArrived(sending.batchId);
      if (asked instanceof Response) return asked;
      lines = keepWanted(lines, asked);
    }
    isAgain = true;
    for (const part of planRequests(lines, planOptions)) {
      const response = await sendOnce(sending, part);
      if (!response.ok) return response;
      tellRefused(sending, part, (await response.json()) as ReceivedLines);
    }
    return Response.json({});
  });
}

function sendOnce(
  { client, batchId, path, uploadIds }: LineSending,
  { firstIndex, lines }: LineRequest<FileLine>,
): Promise<Response> {
  return client.fetch({
    path: `/api/v1/batches/${batchId}/items?firstIndex=${firstIndex}`,
    headers: { "content-type": "application/x-ndjson" },
    body: () => Readable.toWeb(Readable.from(readLines(path, lines, uploadIds))) as BodyInit,
  });
}

function tellRefused(
  { onRefused }: LineSending,
  { lines }: LineRequest<FileLine>,
  { refused }: ReceivedLines,
): void {
  for (const { index, line, fault, reason } of refused) {
    const lineNumber = lines[line - 1]?.number ?? 0;
    onRefused({ lineNumber, index, fault, reason });
  }
}

/** The lines without blank ones between them, so that the n-th that is sent is the n-th of `lines`. */
async function* readLines(
  path: string,
  lines: readonly FileLine[],
  uploadIds: ReadonlyMap<FileLine, string>,
): AsyncGenerator<Uint8Array> {
  for (const run of runsOf(lines, uploadIds)) {
    const upload = uploadIds.get(run.first);
    const { index, isIndexStated, whole } = run.first;
    // A file that was refused: its index is known to have failed.
    if (whole && !upload) yield Buffer.from(JSON.stringify({ index }));
    else if (upload)
      yield Buffer.from(JSON.stringify(isIndexStated ? { index, upload } : { upload }));
    else yield* createReadStream(path, { start: run.first.start, end: run.last.end - 1 });
    yield Buffer.from("\n");
  }
}

/** Neighbours that can be read in one go. */
function* runsOf(lines: readonly FileLine[], uploadIds: ReadonlyMap<FileLine, string>) {
  let run: { first: FileLine; last: FileLine } | null = null;
  for (const line of lines) {
    const isNext = run !== null && run.last.end + 1 === line.start;
    if (run && isNext && !line.whole && !uploadIds.has(line) && !uploadIds.has(run.last))
      run.last = line;
    else {
      if (run) yield run;
      run = { first: line, last: line };
    }
  }
  if (run) yield run;
}
