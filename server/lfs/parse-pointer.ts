/** What git has in place of a file that is in Git LFS. */
export interface LfsPointer {
  /** SHA-256 of the content, 64 hexadecimal digits. */
  oid: string;
  size: number;
}

/** A longer file is none, as git-lfs sees it. */
export const POINTER_MAX_BYTES = 1_024;

/** Version 1 of https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md; extensions would need programs that nobody has. */
const POINTER =
  /^version https:\/\/(?:git-lfs|hawser)\.github\.com\/spec\/v1\noid sha256:([0-9a-f]{64})\nsize (0|[1-9]\d{0,15})\n?$/;

/** Null for a file that is no pointer. */
export function parsePointer(text: string): LfsPointer | null {
  const [, oid = "", size = ""] = POINTER.exec(text) ?? [];
  return oid === "" || !Number.isSafeInteger(Number(size)) ? null : { oid, size: Number(size) };
}

export interface PointerFile extends LfsPointer {
  /** Inside the work tree. */
  path: string;
}

/** What one file's part of a patch makes of the file; null where that is no pointer. */
export function parsePatchedPointer(patch: string): LfsPointer | null {
  const lines = patch.slice(patch.search(/^@@ /m)).split("\n");
  const after = lines.filter((line) => /^[+ ]/.test(line)).map((line) => `${line.slice(1)}\n`);
  return parsePointer(after.join(""));
}
