export interface Picture {
  /** As its bytes say, whatever it is called. */
  type: "image/png" | "image/gif" | "image/jpeg" | "image/webp" | "image/avif";
  /** Pixels. */
  width: number;
  height: number;
}

/** Enough of a picture to find its size in, for a JPEG with much before it. Bytes. */
export const PICTURE_HEAD_BYTES = 196_608;

/**
 * What the beginning of a file is a picture of, among the kinds that every browser draws; null where it is none, or
 * where its head does not tell its size.
 */
export function readPicture(head: Uint8Array): Picture | null {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const picture = readHead(view);
  return picture !== null && picture.width > 0 && picture.height > 0 ? picture : null;
}

function readHead(view: DataView): Picture | null {
  try {
    if (readTag(view, 1) === "PNG\r") return readPng(view);
    if (readTag(view, 0) === "GIF8") return readGif(view);
    if (view.getUint16(0) === 0xffd8) return readJpeg(view);
    if (readTag(view, 0) === "RIFF" && readTag(view, 8) === "WEBP") return readWebp(view);
    return readTag(view, 4) === "ftyp" ? readAvif(view) : null;
  } catch (error) {
    // Cut before its size.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

const readTag = (view: DataView, at: number): string =>
  String.fromCharCode(...[0, 1, 2, 3].map((offset) => view.getUint8(at + offset)));

function readPng(view: DataView): Picture {
  return { type: "image/png", width: view.getUint32(16), height: view.getUint32(20) };
}

function readGif(view: DataView): Picture {
  return { type: "image/gif", width: view.getUint16(6, true), height: view.getUint16(8, true) };
}

/** Walks over the segments up to the frame. */
function readJpeg(view: DataView): Picture | null {
  for (let at = 2; view.getUint8(at) === 0xff; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint8(at + 1);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (!isFrame) continue;
    return { type: "image/jpeg", width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
  }
  return null;
}

function readWebp(view: DataView): Picture | null {
  const type = "image/webp";
  const format = readTag(view, 12);
  if (format === "VP8 ") {
    const side = (at: number) => view.getUint16(at, true) & 0x3fff;
    return { type, width: side(26), height: side(28) };
  }
  if (format === "VP8L") {
    const bits = view.getUint32(21, true);
    return { type, width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  if (format !== "VP8X") return null;
  const side = (at: number) => view.getUint16(at, true) + view.getUint8(at + 2) * 65_536 + 1;
  return { type, width: side(24), height: side(27) };
}

/** Brands come first, then boxes: the largest of the sizes that stand there counts. */
const AVIF_BOXES_BYTES = 16_384;

function readAvif(view: DataView): Picture | null {
  const brands = Array.from({ length: Math.min(16, view.getUint32(0) / 4 - 2) }, (_, index) =>
    readTag(view, 8 + index * 4),
  );
  if (!brands.some((brand) => brand === "avif" || brand === "avis")) return null;
  let [width, height] = [0, 0];
  const end = Math.min(view.byteLength, AVIF_BOXES_BYTES) - 16;
  for (let at = view.getUint32(0); at <= end; at += 1) {
    if (view.getUint8(at) !== 0x69 || readTag(view, at) !== "ispe") continue;
    width = Math.max(width, view.getUint32(at + 8));
    height = Math.max(height, view.getUint32(at + 12));
  }
  return { type: "image/avif", width, height };
}
