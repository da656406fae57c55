import type { BatchKind } from "#lib/batch.ts";
import { LONG_LINE_BYTES } from "#lib/batch-lines/list-lines.ts";
import { isUploadId } from "#lib/ids.ts";
import { isRecord } from "#lib/is-record.ts";
import { lookAtFile } from "#components/upload/look-at-file.ts";
import { chooseWay } from "./document-line.ts";
import { listLines, type SeenLine } from "./list-lines.ts";
import type { LineSource, SourceLine } from "./source-line.ts";

/** A file as part of a batch, or why it cannot be. */
export interface SeenFile {
  file: File;
  look: { way: "document" | "file" } | { problem: string };
}

export async function lookAtFiles(files: readonly File[]): Promise<SeenFile[]> {
  const seen: SeenFile[] = [];
  for (const file of files) seen.push({ file, look: await lookAt(file) });
  return seen;
}

/** Programs whose own transcripts are read: as files, whatever lines they have. */
const transcripts: ReadonlySet<string> = new Set(["claude", "codex", "gemini"]);

async function lookAt(file: File): Promise<SeenFile["look"]> {
  const look = await lookAtFile(file);
  if ("problem" in look) return look;
  const isTranscript = transcripts.has(look.brought?.source ?? "");
  if (isTranscript || look.encoding !== "identity" || file.size >= LONG_LINE_BYTES)
    return { way: "file" };
  return { way: chooseWay(await file.text()) === "document" ? "document" : "file" };
}

/** In the order in which people read their names: `2.json` stands before `10.json`. */
export function inOrder(files: readonly File[]): File[] {
  const collator = new Intl.Collator("en", { numeric: true });
  return files.toSorted((a, b) => collator.compare(pathOf(a), pathOf(b)) || a.size - b.size);
}

const pathOf = (file: File) => file.webkitRelativePath || file.name;

/** A line for each file that can be sent, with the index that is given for it. */
export function sourceOfFiles(
  seen: readonly SeenFile[],
  indexOf: (file: File, position: number) => number | null,
): LineSource {
  const lines = seen.flatMap(({ file, look }, position): SourceLine[] => {
    const index = indexOf(file, position);
    if ("problem" in look || index === null) return [];
    const whole = { file, start: 0, end: file.size, name: file.name };
    return [{ ...whole, index, isIndexStated: true, way: look.way }];
  });
  return { lines, expectedCount: lines.length };
}

export interface ReadLines {
  kind: BatchKind;
  source: LineSource;
}

const startMembers = [
  "prompt",
  "repository",
  "branch",
  "agent",
  "profile",
  "attachments",
  "setupCommands",
  "environment",
];

/** Lines of a batch; `onLine` sees each of them. Throws what `listLines` throws. */
export async function readLines(
  file: File,
  onLine: (line: SeenLine) => void = () => {},
): Promise<ReadLines> {
  let kind: BatchKind | null = null;
  const source = await listLines(file, {
    hasUploads: true,
    name: file.name,
    onLine(line) {
      kind ??= kindOf(line.members);
      onLine(line);
    },
  });
  if (kind !== "start") return { kind: "import", source };
  const lines = source.lines.map((line) => ({ ...line, way: "line" as const }));
  return { kind, source: { ...source, lines } };
}

/** What a line is for; null where it does not say. */
export function kindOf(members: SeenLine["members"]): BatchKind | null {
  if (members === null) return null;
  const { data, messages, session, upload } = members;
  const hasItems = Array.isArray(data) || Array.isArray(messages);
  if (hasItems || isRecord(session) || isUploadId(String(upload))) return "import";
  return startMembers.some((member) => member in members) ? "start" : null;
}
