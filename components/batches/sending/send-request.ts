import type { LineRequest } from "#lib/batch-lines/plan-requests.ts";
import { whileArriving } from "#lib/batch-lines/while-arriving.ts";
import type { Trouble } from "#components/upload/trouble.ts";
import { isTrouble, type LineAnswers, noteArrival, postLines } from "./batch-api.ts";
import { toLine } from "./document-line.ts";
import type { SourceLine } from "./source-line.ts";
import { uploadLine } from "./upload-line.ts";

const UPLOADS_AT_ONCE = 2;

const isUpload = ({ way }: SourceLine) => way === "upload" || way === "file";

/** Of slow connections, too, a request gets through in time. */
export const planOptions = { maxBytes: 4 * 1024 * 1024, isUpload };

interface RequestOptions {
  batchId: string;
  signal: AbortSignal;
  /** Of lines that were uploaded before; what is uploaded now is added, whatever comes of the request. */
  uploadIds: Map<SourceLine, string>;
  /** Of the uploads of this request, so far. */
  onBytes(sentBytes: number): void;
  /** A file, with the reason. */
  onRefused(message: string): void;
}

/**
 * Uploads what is to be uploaded, then sends the lines in one request. Of what is refused as an upload, a line goes as it
 * is, and fails alone; a file does not go. An aborted signal ends it with trouble that may pass.
 */
export async function sendRequest(
  { firstIndex, lines }: LineRequest<SourceLine>,
  options: RequestOptions,
): Promise<LineAnswers | Trouble> {
  const { batchId, uploadIds } = options;
  const refused = await whileArriving(
    () => noteArrival(batchId),
    () => uploadAll(lines.filter(isUpload), options),
  );
  if (isTrouble(refused)) return refused;
  for (const [{ name }, reason] of refused) options.onRefused(`${name}: ${reason}`);
  const sent = lines.filter((line) => line.way !== "file" || !refused.has(line));
  const parts: (Blob | string)[] = [];
  for (const run of runsOf(sent)) parts.push(await bodyOf(run, uploadIds), "\n");
  return postLines(batchId, { firstIndex, body: new Blob(parts) });
}

/** Answers the lines that were refused, with their reasons. */
async function uploadAll(
  lines: readonly SourceLine[],
  { batchId, signal, uploadIds, onBytes }: RequestOptions,
): Promise<Map<SourceLine, string> | Trouble> {
  const refused = new Map<SourceLine, string>();
  const sentBytes = new Map(
    lines.filter((line) => uploadIds.has(line)).map((line) => [line, line.end - line.start]),
  );
  const waiting = lines.filter((line) => !uploadIds.has(line));
  let trouble: Trouble | null = null;

  const lane = async () => {
    for (let line = waiting.shift(); line && trouble === null; line = waiting.shift()) {
      const own = line;
      const result = await uploadLine(own, {
        batchId,
        signal,
        onBytes(bytes) {
          sentBytes.set(own, bytes);
          onBytes([...sentBytes.values()].reduce((sum, each) => sum + each, 0));
        },
      });
      if (isTrouble(result) && result.isPassing) trouble = result;
      else if (isTrouble(result)) refused.set(own, result.message);
      else uploadIds.set(own, result.uploadId);
    }
  };
  await Promise.all(Array.from({ length: UPLOADS_AT_ONCE }, lane));
  return trouble ?? refused;
}

interface Run {
  first: SourceLine;
  last: SourceLine;
}

/** Neighbours of a file that can be sent in one piece. */
function* runsOf(lines: readonly SourceLine[]): Generator<Run> {
  let run: Run | null = null;
  for (const line of lines) {
    const isNext: boolean =
      run !== null && run.last.file === line.file && run.last.end + 1 === line.start;
    if (run && isNext && line.way === "line" && run.last.way === "line") run.last = line;
    else {
      if (run) yield run;
      run = { first: line, last: line };
    }
  }
  if (run) yield run;
}

async function bodyOf(
  { first, last }: Run,
  uploadIds: ReadonlyMap<SourceLine, string>,
): Promise<Blob | string> {
  const { way, file, start, index, isIndexStated } = first;
  switch (way) {
    case "line":
      return file.slice(start, last.end);
    case "document":
      return toLine(await file.text(), index);
    case "upload":
    case "file": {
      const upload = uploadIds.get(first);
      if (upload === undefined) return file.slice(start, last.end);
      return JSON.stringify(isIndexStated ? { index, upload } : { upload });
    }
  }
}
