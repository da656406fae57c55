/** Lines of one file that a search found. */
export interface FileMatches {
  path: string;
  lines: { number: number; text: string }[];
}

const WITH_PATH = /^([^\s:][^:\n]*):(\d{1,7}):(.*)$/;
const FILE_LINE = /^(?:File: (.+)|(\S.*):)$/;
const NUMBERED_LINE = /^\s*(?:Line |L)?(\d{1,7}): ?(.*)$/;
/** "Found 12 matches", "(Results are truncated)", the lines that separate. */
const REMARK = /^(?:Found \d|No (?:files|matches)|\(.*\)$|-{2,3}$)/;
const MATCHES_MAX_LENGTH = 262_144;

/** Matches by file, from `path:12:text` or from files with their lines below them; null when it is neither. */
export function readMatches(output: string): FileMatches[] | null {
  if (output.length > MATCHES_MAX_LENGTH) return null;
  const files = new Map<string, FileMatches>();
  const open = (path: string) => {
    const file = files.get(path) ?? { path, lines: [] };
    files.set(path, file);
    return file;
  };
  let current: FileMatches | null = null;
  for (const line of output.split(/\r?\n/)) {
    if (line.trim() === "" || REMARK.test(line)) continue;
    const whole = WITH_PATH.exec(line);
    const numbered = whole === null && current !== null ? NUMBERED_LINE.exec(line) : null;
    const file: RegExpExecArray | null = FILE_LINE.exec(line);
    if (whole !== null)
      open(whole[1] ?? "").lines.push({ number: Number(whole[2]), text: whole[3] ?? "" });
    else if (numbered !== null)
      current?.lines.push({ number: Number(numbered[1]), text: numbered[2] ?? "" });
    else if (file !== null) current = open(file[1] ?? file[2] ?? "");
    else return null;
  }
  const found = [...files.values()].filter(({ lines }) => lines.length > 0);
  return found.length === 0 ? null : found;
}
