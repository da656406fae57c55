import type { Batch, BatchKind } from "#lib/batch.ts";
import { formatBytes } from "#components/format/format-bytes.ts";
import type { BatchMemory } from "./batch-memory.ts";
import { listLines } from "./list-lines.ts";
import { inOrder, kindOf, lookAtFiles, readLines, sourceOfFiles } from "./read-files.ts";
import type { LineSource } from "./source-line.ts";

/** The lines that this browser kept of a batch; null where it kept none. */
export async function keptSource(memory: BatchMemory | null): Promise<LineSource | null> {
  if (memory?.kind !== "lines") return null;
  return listLines(memory.lines, { hasUploads: false, name: "lines" });
}

/**
 * Files that were chosen again, as lines of a batch that was begun with them. Throws with a message for whoever chose
 * them where they are others.
 */
export async function resumeWith(
  files: readonly File[],
  batch: Pick<Batch, "kind" | "expectedCount">,
  memory: BatchMemory | null,
): Promise<LineSource> {
  const [file] = files;
  if (batch.kind === "start" || memory?.kind === "file") {
    if (!file || files.length > 1) throw new Error("Choose the one file that has the lines.");
    checkName(file, memory);
    return readLinesFor(batch, file);
  }
  if (memory?.kind === "files") return matchFiles(files, memory);
  // Nothing is known here of what was sent: lines say what they are, and so does the number of files.
  if (file && files.length === 1 && batch.expectedCount !== 1) return readLinesFor(batch, file);
  if (files.length !== batch.expectedCount)
    throw new Error(
      `Choose all ${batch.expectedCount ?? ""} files: this browser does not know which of them are missing.`,
    );
  return sourceOfFiles(await lookAtFiles(inOrder(files)), (_, position) => position);
}

/** Lines that say nothing of their kind may be of any: the batch's defaults say it. */
async function readLinesFor({ kind }: Pick<Batch, "kind">, file: File): Promise<LineSource> {
  const kinds = new Set<BatchKind | null>();
  const { source } = await readLines(file, ({ members }) => kinds.add(kindOf(members)));
  if (!kinds.has(kind) && kinds.has(kind === "start" ? "import" : "start"))
    throw new Error(`${file.name} has none of the lines of a batch of sessions to ${kind}.`);
  return source;
}

function checkName(file: File, memory: BatchMemory | null): void {
  if (memory?.kind !== "file" || memory.file.name === file.name) return;
  const { name, bytes } = memory.file;
  throw new Error(`${file.name} is another file: choose ${name} of ${formatBytes(bytes)}.`);
}

/** By their names: one that was corrected since is still the same. */
async function matchFiles(
  files: readonly File[],
  memory: Extract<BatchMemory, { kind: "files" }>,
): Promise<LineSource> {
  const indexes = new Map<File, number>();
  const free = [...memory.files];
  // First those that did not change: several may have one name.
  for (const isSame of [true, false])
    for (const file of files.filter((one) => !indexes.has(one))) {
      const at = free.findIndex(
        ({ name, bytes }) => name === file.name && (!isSame || bytes === file.size),
      );
      const [known] = at === -1 ? [] : free.splice(at, 1);
      if (known) indexes.set(file, known.index);
    }
  if (indexes.size === 0) {
    const [first] = memory.files;
    throw new Error(`None of these is of this batch, which has files such as ${first?.name}.`);
  }
  const known = files.filter((file) => indexes.has(file));
  const source = sourceOfFiles(await lookAtFiles(known), (file) => indexes.get(file) ?? null);
  return { ...source, expectedCount: memory.files.length };
}
