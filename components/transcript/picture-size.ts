export interface PictureSize {
  width: number;
  height: number;
}

/** Enough of a picture to find its size in, for a JPEG with much before it. */
const HEAD_MAX_LENGTH = 262_144;

/** Pixels of a PNG, GIF, JPEG or WebP picture, from its base64; null where its head does not tell. */
export function readPictureSize(base64: string): PictureSize | null {
  try {
    const head = atob(base64.slice(0, HEAD_MAX_LENGTH));
    const bytes = Uint8Array.from(head, (character) => character.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    if (head.startsWith("\u0089PNG")) return size(view.getUint32(16), view.getUint32(20));
    if (head.startsWith("GIF8")) return size(view.getUint16(6, true), view.getUint16(8, true));
    if (head.startsWith("\u00ff\u00d8")) return readJpegSize(view);
    return head.startsWith("RIFF") && head.slice(8, 12) === "WEBP"
      ? readWebpSize(head, view)
      : null;
  } catch {
    // Not base64, or cut before its size.
    return null;
  }
}

const size = (width: number, height: number): PictureSize => ({ width, height });

/** Walks over the segments up to the frame; throws at the end of the bytes. */
function readJpegSize(view: DataView): PictureSize | null {
  for (let offset = 2; view.getUint8(offset) === 0xff; offset += 2 + view.getUint16(offset + 2)) {
    const marker = view.getUint8(offset + 1);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return size(view.getUint16(offset + 7), view.getUint16(offset + 5));
  }
  return null;
}

function readWebpSize(head: string, view: DataView): PictureSize | null {
  const format = head.slice(12, 16);
  if (format === "VP8 ")
    return size(view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff);
  if (format === "VP8L") {
    const bits = view.getUint32(21, true);
    return size((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
  }
  if (format !== "VP8X") return null;
  const read24 = (offset: number) =>
    view.getUint16(offset, true) + view.getUint8(offset + 2) * 65_536;
  return size(read24(24) + 1, read24(27) + 1);
}
