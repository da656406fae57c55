import { toFileDiff, type DiffLine, type FileDiff, type Hunk } from "./file-diff.ts";

const HUNK_HEADER = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/** Reads a unified patch of one or several files, as git writes it. Lines that belong to no hunk are passed over. */
export function parsePatch(patch: string): FileDiff[] {
  const files: { path: string; note: string | null; hunks: Hunk[] }[] = [];
  let path = "";
  let note: string | null = null;
  let reader: HunkReader | null = null;

  for (const line of patch.split("\n")) {
    // Inside a hunk a line that looks like a header is content: "--- a" is what removing "-- a" looks like.
    if (reader?.read(line)) continue;
    path = readPath(line) ?? path;
    note = readNote(line, note);
    reader = createHunkReader(line);
    if (reader === null) continue;
    if (files.at(-1)?.path !== path) files.push({ path, note, hunks: [] });
    files.at(-1)?.hunks.push({ lines: reader.lines });
  }
  return files.map((file) => toFileDiff(file.path, file.hunks, { note: file.note }));
}

/** The side that is not there says what happened to the file; a rename is told before both sides. */
function readNote(line: string, previous: string | null): string | null {
  if (line.startsWith("diff --git ")) return null;
  if (line.startsWith("--- /dev/null")) return "New file";
  if (line.startsWith("+++ /dev/null")) return "Deleted";
  const renamed = /^rename from (.+)$/.exec(line)?.[1];
  if (renamed !== undefined) return `Moved from ${renamed}`;
  return line.startsWith("--- ") && !previous?.startsWith("Moved") ? null : previous;
}

function readPath(line: string): string | null {
  const match = /^(?:\+\+\+|---) (?:[ab]\/)?([^\t]+)/.exec(line);
  const path = match?.[1]?.trim();
  return path === undefined || path === "/dev/null" ? null : path;
}

interface HunkReader {
  lines: DiffLine[];
  /** False when the hunk has all its lines, or the line is none of it. */
  read: (line: string) => boolean;
}

/** Null when the line is not the header of a hunk. */
function createHunkReader(line: string): HunkReader | null {
  const header = HUNK_HEADER.exec(line);
  if (header === null) return null;
  let oldNumber = Number(header[1]);
  let newNumber = Number(header[3]);
  const oldEnd = oldNumber + Number(header[2] ?? 1);
  const newEnd = newNumber + Number(header[4] ?? 1);
  const lines: DiffLine[] = [];
  const read = (content: string) => {
    if (oldNumber >= oldEnd && newNumber >= newEnd) return false;
    const text = content.slice(1);
    if (content.startsWith("+"))
      lines.push({ kind: "added", text, oldNumber: null, newNumber: newNumber++ });
    else if (content.startsWith("-"))
      lines.push({ kind: "removed", text, oldNumber: oldNumber++, newNumber: null });
    else if (content.startsWith("\\")) return true;
    else lines.push({ kind: "same", text, oldNumber: oldNumber++, newNumber: newNumber++ });
    return true;
  };
  return { lines, read };
}
