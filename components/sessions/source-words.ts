/** Where sessions come from, in words; others are whatever whoever brought them called it. */
const names = new Map([
  ["millrace", "Millrace"],
  ["import", "Upload"],
  ["snapshot", "Export"],
  ["batch", "Batch"],
  ["claude", "Claude Code"],
  ["codex", "Codex"],
  ["gemini", "Gemini CLI"],
]);

export const sourceName = (source: string): string => names.get(source) ?? source;

/** `from Codex`; null for what began here, or came without saying from where. */
export function describeSource(source: string): string | null {
  switch (source) {
    case "millrace":
    case "import":
      return null;
    case "snapshot":
      return "from an export";
    case "batch":
      return "from a batch";
    default:
      return `from ${sourceName(source)}`;
  }
}
