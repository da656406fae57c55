import type { Transform } from "node:stream";
import zlib from "node:zlib";

export interface Compression {
  /** Name of a content coding. */
  encoding: "gzip" | "zstd";
  create(): Transform;
}

/** More costs more time than the line does. */
const GZIP_LEVEL = 3;

export const gzip: Compression = {
  encoding: "gzip",
  create: () => zlib.createGzip({ level: GZIP_LEVEL, chunkSize: 64 * 1024 }),
};

/** Zstandard came with Node 22.15; types of older versions do not know it. */
const { createZstdCompress } = zlib as { createZstdCompress?: () => Transform };

const known: Compression[] = createZstdCompress
  ? [{ encoding: "zstd", create: () => createZstdCompress() }, gzip]
  : [gzip];

/**
 * How an answer is to be compressed for whoever sent this `Accept-Encoding` (RFC 9110, section 12.5.3); null for not at
 * all. Of what is wanted alike, the better one; nothing but what is among `offered`.
 */
export function chooseCompression(
  accepted: string | undefined,
  offered: readonly Compression[] = known,
): Compression | null {
  const weights = new Map(
    (accepted ?? "").split(",").map((entry) => {
      const [name = "", ...parameters] = entry.split(";").map((part) => part.trim().toLowerCase());
      const weight = parameters.find((parameter) => parameter.startsWith("q="));
      return [name, weight === undefined ? 1 : Number(weight.slice(2)) || 0] as const;
    }),
  );
  const weightOf = (name: string) => weights.get(name) ?? weights.get("*") ?? 0;
  const [best] = offered.toSorted(
    (one, other) => weightOf(other.encoding) - weightOf(one.encoding),
  );
  if (!best || weightOf(best.encoding) === 0) return null;
  return (weights.get("identity") ?? 0) > weightOf(best.encoding) ? null : best;
}
