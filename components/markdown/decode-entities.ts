const named: ReadonlyMap<string, string> = new Map(
  Object.entries({
    amp: "&",
    lt: "<",
    gt: ">",
    quot: '"',
    apos: "'",
    nbsp: "\u00a0",
    copy: "©",
    hellip: "…",
    mdash: "—",
    ndash: "–",
  }),
);

/** Replaces the character references that people write in Markdown; others stay as they are. */
export function decodeEntities(text: string): string {
  if (!text.includes("&")) return text;
  return text.replaceAll(
    /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|(\w{2,8}));/g,
    (source: string, ...groups: (string | undefined)[]) => {
      const [decimal, hex = "", name] = groups;
      if (name !== undefined) return named.get(name) ?? source;
      const codePoint = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
      const isCharacter =
        codePoint > 0 && codePoint <= 0x10ffff && (codePoint < 0xd800 || codePoint > 0xdfff);
      return isCharacter ? String.fromCodePoint(codePoint) : source;
    },
  );
}
