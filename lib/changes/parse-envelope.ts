import { toFileDiff, type DiffLine, type FileDiff, type Hunk } from "./file-diff.ts";

interface OpenFile {
  path: string;
  note: string | null;
  hunks: Hunk[];
  lines: DiffLine[];
}

const FILE_HEADER = /^\*\*\* (Add|Update|Delete) File: (.+)$/;
const MOVE_HEADER = /^\*\*\* Move to: (.+)$/;

/**
 * Reads a patch as Codex writes it, `*** Begin Patch … *** End Patch`, also inside a shell command. It has no line
 * numbers; lines outside a file are passed over.
 */
export function parseEnvelope(patch: string): FileDiff[] {
  const files: OpenFile[] = [];
  let file: OpenFile | null = null;
  for (const line of patch.slice(patch.indexOf("*** Begin Patch")).split(/\r?\n/)) {
    const header = FILE_HEADER.exec(line);
    const move = MOVE_HEADER.exec(line);
    if (header !== null) {
      file = openFile(header[2] ?? "", header[1] ?? "");
      files.push(file);
    } else if (line.startsWith("*** End Patch")) break;
    else if (file === null) continue;
    else if (move !== null) {
      file.note = `Moved from ${file.path}`;
      file.path = move[1]?.trim() ?? file.path;
    } else if (line.startsWith("@@")) closeHunk(file);
    else if (!line.startsWith("***")) file.lines.push(toLine(line));
  }
  return files.map((each) => {
    closeHunk(each);
    return toFileDiff(each.path, each.hunks, { note: each.note });
  });
}

const notes: Readonly<Record<string, string>> = { Add: "New file", Delete: "Deleted" };

function openFile(path: string, verb: string): OpenFile {
  return { path: path.trim(), note: notes[verb] ?? null, hunks: [], lines: [] };
}

function closeHunk(file: OpenFile): void {
  if (file.lines.some(({ kind, text }) => kind !== "same" || text !== ""))
    file.hunks.push({ lines: file.lines });
  file.lines = [];
}

function toLine(line: string): DiffLine {
  const kind = line.startsWith("+") ? "added" : line.startsWith("-") ? "removed" : "same";
  return { kind, text: line.slice(1), oldNumber: null, newNumber: null };
}
