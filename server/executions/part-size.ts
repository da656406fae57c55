import type { Part } from "./canonical-items.ts";

/** About how many characters a part has; fixed members are not counted. */
export function partSize(part: Part): number {
  switch (part.type) {
    case "text":
    case "reasoning":
      return part.text.length;
    case "file":
      return part.url.length;
    case "compaction":
      return part.summary.length;
    case "tool":
      return toolSize(part.state);
    default:
      return 0;
  }
}

function toolSize({
  output,
  input,
  metadata,
  attachments = [],
}: Extract<Part, { type: "tool" }>["state"]): number {
  let size = output.length;
  for (const value of Object.values(input)) if (typeof value === "string") size += value.length;
  for (const diff of metadata.diffs ?? [])
    size += (diff.oldText?.length ?? 0) + diff.newText.length;
  for (const file of attachments) size += file.url.length;
  return size;
}
