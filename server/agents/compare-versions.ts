/** Negative when `left` is older, 0 when equal, positive when newer. Numbers between dots; suffixes are ignored. */
export function compareVersions(left: string, right: string): number {
  const leftNumbers = versionNumbers(left);
  const rightNumbers = versionNumbers(right);
  for (let index = 0; index < 3; index += 1) {
    const difference = (leftNumbers[index] ?? 0) - (rightNumbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The first `1.2` or `1.2.3-beta` in a text such as `tool v1.2.3 (build 4)`; null when there is none. */
export function findVersion(text: string): string | null {
  return /\d+\.\d+(?:\.\d+)?(?:-[0-9A-Za-z.]+)?/.exec(text)?.[0] ?? null;
}

function versionNumbers(version: string): number[] {
  return (version.split("-")[0] ?? "").split(".").map(Number);
}
