/**
 * Takes the text of server-sent events piece by piece and gives back the data of each event that is complete, or null
 * for a comment. Of the format (HTML, section 9.2) it knows what our server writes: one `data` line per event.
 */
export function createEventStreamParser(): (text: string) => (string | null)[] {
  let rest = "";
  return (text) => {
    const blocks = (rest + text).split("\n\n");
    rest = blocks.pop() ?? "";
    return blocks.map(findData);
  };
}

function findData(block: string): string | null {
  const line = block.split("\n").find((candidate) => candidate.startsWith("data: "));
  return line?.slice("data: ".length) ?? null;
}
