import { PICTURE_HEAD_BYTES, readPicture, type Picture } from "#lib/read-picture.ts";

const HEAD = /^data:([^,;"]{0,200})(?:;[^,;"]{1,100}){0,4};base64,/i;

/** What the beginning of a `data:` URL tells of the file that it holds. */
export interface DataUrl {
  /** As it is called; empty when it is not. */
  type: string;
  /** Of as much of it as is here. */
  byteCount: number;
  /** Null for what is none, and for one whose size stands behind what is here. */
  picture: Picture | null;
}

/** Null for what holds no file in base64. */
export function readDataUrl(url: string): DataUrl | null {
  const match = HEAD.exec(url);
  if (match === null) return null;
  const start = match[0].length;
  return {
    type: match[1]!.toLowerCase(),
    byteCount: Math.floor(((url.length - start) * 3) / 4),
    picture: readPicture(decodeHead(url.slice(start, start + (PICTURE_HEAD_BYTES * 4) / 3))),
  };
}

function decodeHead(base64: string): Uint8Array {
  const letters = /^[A-Za-z0-9+/]*/.exec(base64.replaceAll(/[\r\n]/g, ""))![0];
  // A single letter at the end makes no byte.
  const whole = letters.length % 4 === 1 ? letters.slice(0, -1) : letters;
  return Uint8Array.from(atob(whole), (character) => character.charCodeAt(0));
}
