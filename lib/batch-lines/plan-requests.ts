import type { ListedLine } from "./list-lines.ts";

/** Uploads go before the request that names them, which should not wait for long. */
const UPLOADS_MAX = 20;

export interface LineRequest<Line> {
  /** Index of its first line; lines that do not say theirs count from here. */
  firstIndex: number;
  lines: Line[];
}

interface PlanOptions<Line> {
  /** So much goes into one request, and one line more; uploads weigh nothing. */
  maxBytes: number;
  isUpload(line: Line): boolean;
}

/** Lines as requests, in their order: those that are known by their place only go with their neighbours. */
export function planRequests<
  Line extends Pick<ListedLine, "index" | "isIndexStated" | "start" | "end">,
>(lines: readonly Line[], { maxBytes, isUpload }: PlanOptions<Line>): LineRequest<Line>[] {
  const requests: LineRequest<Line>[] = [];
  let request: LineRequest<Line> | null = null;
  /** A line of the request is known by its place: `firstIndex` is right for that. */
  let isPlaced = false;
  let byteLength = 0;
  let uploadCount = 0;
  for (const line of lines) {
    const firstIndex: number = line.index - (request?.lines.length ?? 0);
    const isInPlace: boolean =
      line.isIndexStated || (isPlaced ? firstIndex === request?.firstIndex : firstIndex >= 0);
    const isFull = byteLength >= maxBytes || uploadCount >= UPLOADS_MAX;
    if (request === null || isFull || !isInPlace) {
      request = { firstIndex: line.index, lines: [] };
      requests.push(request);
      isPlaced = false;
      byteLength = 0;
      uploadCount = 0;
    }
    if (!line.isIndexStated && !isPlaced) {
      request.firstIndex = line.index - request.lines.length;
      isPlaced = true;
    }
    request.lines.push(line);
    if (isUpload(line)) uploadCount += 1;
    else byteLength += line.end - line.start;
  }
  return requests;
}
