import { toFileDiff, type FileDiff } from "./file-diff.ts";
import { parsePatch } from "./parse-patch.ts";

/** Every file of a patch as `git diff` writes it, also those of which no line is shown. */
export function splitPatch(patch: string): FileDiff[] {
  const sections = patch.split(/^(?=diff --git )/m);
  return sections
    .filter((section) => section.startsWith("diff --git "))
    .map((section) => parsePatch(section)[0] ?? describeSection(section));
}

/** A file that changed otherwise than line by line: moved, made executable, binary, empty. */
function describeSection(section: string): FileDiff {
  const header = (pattern: RegExp) => pattern.exec(section)?.[1] ?? null;
  const path = header(/^rename to (.+)$/m) ?? header(/^diff --git a\/.* b\/(.+)$/m) ?? "";
  return toFileDiff(path, [], { note: readNote(section, header) });
}

function readNote(section: string, header: (pattern: RegExp) => string | null): string {
  const isBinary = /^(GIT binary patch|Binary files )/m.test(section);
  const content = isBinary ? "binary" : "empty";
  if (/^new file mode/m.test(section)) return `New file, ${content}`;
  if (/^deleted file mode/m.test(section)) return `Deleted, ${content}`;
  const from = header(/^rename from (.+)$/m);
  if (from !== null) return `Moved from ${from}`;
  if (isBinary) return "Binary file changed";
  return /^new mode 100755/m.test(section) ? "Made executable" : "Mode changed";
}
