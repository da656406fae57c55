import { Readable } from "node:stream";
import zlib from "node:zlib";
import { AppError, isAppError } from "#lib/errors.ts";
import { UPLOAD_MAX_BYTES } from "#lib/limits.ts";
import type { UploadEncoding } from "#lib/upload.ts";

/** Pieces in which decoded bytes come; each is a call into the scanner. */
const PIECE_BYTES = 256 * 1024;

/** What a decoder gets at a time: it does not say where in there it failed. */
const PACKED_PIECE_BYTES = 64 * 1024;

type Decoder = zlib.Gunzip | zlib.BrotliDecompress;

/** Zstandard came with Node 22.15; types of older versions do not know it. */
const createZstdDecoder = (zlib as { createZstdDecompress?: (options: object) => Decoder })
  .createZstdDecompress;

/** Encodings that this Node can take back, `identity` among them. */
export const acceptedEncodings: readonly UploadEncoding[] = createZstdDecoder
  ? ["identity", "gzip", "br", "zstd"]
  : ["identity", "gzip", "br"];

/**
 * The bytes as they were before `Content-Encoding`. Throws `invalid_input` for damaged or cut-off data and, after all
 * that was decoded, for bytes behind its end (gzip may have several members, and nothing else behind them): `offset`
 * counts packed bytes, those that were sound; damage begins there or less than 64 KiB behind. `too_large` from the first
 * decoded byte above `maxBytes` on: nothing is held, so a small body that decodes to a huge one costs time only. Errors
 * of the source come through.
 */
export async function* decodeBody(
  source: AsyncIterable<Uint8Array>,
  encoding: UploadEncoding,
  { maxBytes = UPLOAD_MAX_BYTES }: { maxBytes?: number } = {},
): AsyncGenerator<Uint8Array> {
  let byteLength = 0;
  for await (const chunk of encoding === "identity" ? source : decode(source, encoding)) {
    byteLength += chunk.byteLength;
    if (byteLength > maxBytes) throw tooLarge(encoding, maxBytes);
    yield chunk;
  }
}

function tooLarge(encoding: UploadEncoding, maxBytes: number): AppError {
  const unpacked = encoding === "identity" ? "" : " when it is unpacked";
  return new AppError("too_large", `The upload has more than ${maxBytes} bytes${unpacked}`, {
    details: { maxBytes, offset: maxBytes },
  });
}

async function* decode(
  source: AsyncIterable<Uint8Array>,
  encoding: Exclude<UploadEncoding, "identity">,
): AsyncGenerator<Uint8Array> {
  const decoder = createDecoder(encoding);
  let receivedBytes = 0;
  const counted = async function* () {
    for await (const chunk of source) {
      receivedBytes += chunk.byteLength;
      for (let start = 0; start < chunk.byteLength; start += PACKED_PIECE_BYTES)
        yield chunk.subarray(start, start + PACKED_PIECE_BYTES);
    }
  };
  const input = Readable.from(counted(), { objectMode: false });
  // `pipeline` would hide which of the two failed: the source's error is the one that tells.
  input.once("error", (error) => decoder.destroy(error));
  input.pipe(decoder);
  try {
    yield* decoder as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (!isZlibError(error)) throw error;
    throw isEnd(error) ? cut(encoding, receivedBytes) : damaged(encoding, decoder, error);
  } finally {
    input.destroy();
    decoder.destroy();
  }
  // Decoders leave alone what they find behind the end of their data, without a word.
  if (decoder.bytesWritten !== receivedBytes) throw followed(encoding, decoder.bytesWritten);
}

function createDecoder(encoding: Exclude<UploadEncoding, "identity">): Decoder {
  if (encoding === "gzip") return zlib.createGunzip({ chunkSize: PIECE_BYTES });
  if (encoding === "br") return zlib.createBrotliDecompress({ chunkSize: PIECE_BYTES });
  if (createZstdDecoder) return createZstdDecoder({ chunkSize: PIECE_BYTES });
  throw new AppError("invalid_input", "This server cannot decode zstd");
}

function isZlibError(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code ?? "";
  return !isAppError(error) && /^(Z_|ERR_BROTLI_|ERR_ZSTD_|ZSTD_|ERR__ERROR_)/.test(code);
}

/** The source is through, and the decoder wants more. */
const isEnd = (error: unknown) => (error as NodeJS.ErrnoException).code === "Z_BUF_ERROR";

const cut = (encoding: string, offset: number) =>
  faulty(`The ${encoding} data ends too early (${packedByte(offset)})`, offset);

const damaged = (encoding: string, { bytesWritten }: Decoder, cause: unknown) =>
  faulty(
    `The ${encoding} data is damaged (behind ${packedByte(bytesWritten)})`,
    bytesWritten,
    cause,
  );

const followed = (encoding: string, offset: number) =>
  faulty(`Something stands behind the end of the ${encoding} data (${packedByte(offset)})`, offset);

const packedByte = (offset: number) => `byte ${offset} of the packed data`;

const faulty = (message: string, offset: number, cause?: unknown) =>
  new AppError("invalid_input", message, {
    details: { offset, fault: "content_encoding" },
    cause,
  });
