/** What a person would call an output, by its type; what a viewer can do with it depends on this alone. */
export const outputKinds = [
  "picture",
  "text",
  "json",
  "table",
  "sound",
  "video",
  "pdf",
  "other",
] as const;

export type OutputKind = (typeof outputKinds)[number];

/**
 * What types of a kind begin with, whatever their case; `other` is what no kind takes. Regular expressions that mean the
 * same to Postgres.
 */
export const kindPatterns: Record<Exclude<OutputKind, "other">, string> = {
  picture: "^image/(png|jpe?g|gif|webp|avif|bmp)\\s*(;|$)",
  text: "^(text/(?!csv|tab-separated-values)|image/svg[+]xml\\s*(;|$)|application/(x-ndjson|xml|javascript|x-sh|toml|yaml|x-yaml)\\s*(;|$))",
  json: "^application/([a-z0-9.-]+[+])?json\\s*(;|$)",
  table: "^text/(csv|tab-separated-values)\\s*(;|$)",
  sound: "^audio/",
  video: "^video/",
  pdf: "^application/pdf\\s*(;|$)",
};

const kinds = Object.entries(kindPatterns).map(
  ([kind, pattern]) => [kind as OutputKind, new RegExp(pattern, "i")] as const,
);

export const outputKind = (mime: string): OutputKind =>
  kinds.find(([, pattern]) => pattern.test(mime))?.[0] ?? "other";
