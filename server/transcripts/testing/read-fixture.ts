import { readFile } from "node:fs/promises";
import { isRecord } from "#lib/is-record.ts";
import { readDocument } from "#server/ingest/read-document.ts";
import type { ScannedElement, ScanProgress } from "#server/ingest/scanner/scanned-element.ts";

export const testSessionId = "ses_000000000000AAAAAAAAAAAAAA";

/** An element with its body as text: the body of one that was found is valid for a moment only. */
export type KeptElement = Omit<ScannedElement, "body"> & {
  body: string | null;
  reason?: string;
};

export interface ReadTranscript {
  elements: KeptElement[];
  progress: ScanProgress;
  error: unknown;
}

export const loadFixture = (name: string): Promise<Buffer> =>
  readFile(new URL(`fixtures/${name}`, import.meta.url));

/** All that a document becomes, cut into chunks of that size, each of which is overwritten once the next one comes. */
export async function readAll(document: Uint8Array, chunkBytes = 65_536): Promise<ReadTranscript> {
  const source = async function* () {
    const memory = new Uint8Array(chunkBytes);
    for (let at = 0; at < document.length; at += chunkBytes) {
      const piece = document.subarray(at, at + chunkBytes);
      memory.fill(0);
      memory.set(piece);
      yield memory.subarray(0, piece.length);
    }
  };
  const reading = readDocument(source(), { encoding: "identity", sessionId: testSessionId });
  const elements: KeptElement[] = [];
  let error: unknown = null;
  try {
    for await (const batch of reading.elements) elements.push(...batch.map(keep));
  } catch (cause) {
    error = cause;
  }
  return { elements, progress: reading.progress(), error };
}

const keep = (element: ScannedElement): KeptElement => ({
  ...element,
  body: element.kind === "item" ? Buffer.from(element.body).toString("utf8") : null,
});

// oxlint-disable-next-line no-explicit-any -- whatever was made is what the tests look at
type Loose = any;

export interface TestMessage {
  info: Loose;
  parts: Loose[];
}

/** Messages as a reader sees them: in the order of their times, the last of equal items counts. */
export function toMessages({ elements }: ReadTranscript): TestMessage[] {
  const infos = new Map<string, Loose>();
  const parts = new Map<string, Loose>();
  for (const { type, body } of elements) {
    const value: unknown = body === null ? null : JSON.parse(body);
    if (!isRecord(value)) continue;
    const id = String(value["id"]);
    if (type === "message") infos.set(id, value);
    if (type === "part") parts.set(id, value);
  }
  return [...infos.values()]
    .map((info) => ({
      info,
      parts: [...parts.values()]
        .filter(({ messageID }) => messageID === info.id)
        .toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    }))
    .toSorted((a, b) => a.info.time.created - b.info.time.created);
}

/** The last item of a type that a session has one of. */
export function lastOf({ elements }: ReadTranscript, type: string): Loose {
  const found = elements.findLast((element) => element.type === type);
  return found?.body == null ? null : JSON.parse(found.body);
}

/** `tool bash completed`, `text`, … of parts that are shown. */
export const outline = (messages: readonly TestMessage[]): string[] =>
  messages.flatMap(({ info, parts }) =>
    parts
      .filter(({ synthetic, ignored }) => !synthetic && !ignored)
      .map((part) =>
        [info.role, part.type, part.tool, part.state?.status].filter(Boolean).join(" "),
      ),
  );
