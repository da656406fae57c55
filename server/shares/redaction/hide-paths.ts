const SEGMENT = `[^\\s/\\\\"'\`<>|:;,()\\[\\]{}*?]+`;

const HOME = new RegExp(
  `(?<![\\w.~-])(?:file://)?(?:/(?:home|Users)/${SEGMENT}|/root(?![\\w.-])|[A-Za-z]:[\\\\/]{1,2}Users[\\\\/]{1,2}${SEGMENT})`,
  "g",
);
const DEEP = new RegExp(
  `(?:(?<![\\w.~/-])(?:file://)?(?:~|/(?:tmp|var|private|srv|mnt|opt|data|work|workspaces?|Volumes|media|app))|(?<![A-Za-z])[A-Za-z]:)(?:[\\\\/]{1,2}${SEGMENT})+`,
  "g",
);

/**
 * The text without folders of the machine that it comes from: what is below one of `roots` is told from there, home
 * folders become `~`, and of other deep paths only the last name is left. System folders like `/usr` tell nothing.
 */
export function hidePaths(text: string, roots: readonly string[]): string {
  if (!/[/\\]/.test(text)) return text;
  let safe = text;
  for (const root of roots.toSorted((one, other) => other.length - one.length)) {
    if (root.length < 2) continue;
    safe = safe.replaceAll(new RegExp(`${escapePattern(root)}(?![\\w.-])[\\\\/]*`, "g"), "./");
  }
  return safe.replaceAll(HOME, "~").replaceAll(DEEP, lastName);
}

const lastName = (path: string): string => `…/${path.split(/[\\/]/).at(-1) ?? ""}`;

const escapePattern = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
