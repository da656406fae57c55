/** Beginnings of PNG, JPEG, GIF, WebP and AVIF in base64. */
const PICTURE_START = String.raw`(?:iVBORw0KGgo|/9j/|R0lGOD|UklGR|AAAA.GZ0eXB)`;
const PICTURE_ADDRESS = String.raw`data:image/(?:png|jpe?g|gif|webp|avif);base64,${PICTURE_START}`;

const picture = new RegExp(`^(?:${PICTURE_ADDRESS}|${PICTURE_START})[A-Za-z0-9+/=\\s]*$`);
const base64 = /^[A-Za-z0-9+/=_\s-]{256,}$/;
const TYPE = String.raw`[\w.+-]{1,64}/[\w.+-]{1,64}`;
/** Quotes may stand behind backslashes, of JSON in a text. */
const PARAMETER = String.raw`;[\w.+-]{1,64}(?:=(?:\\{0,3}"[^"\n]{0,128}"|[\w.=+%-]{0,128}))?`;
const FILE_CHARACTER = "[A-Za-z0-9+/=%_-]";
const fileAddress = new RegExp(
  `data:(?!image/(?:png|jpe?g|gif|webp|avif);base64,${PICTURE_START})(?:${TYPE}(?:${PARAMETER}){0,4}|(?:${PARAMETER}){1,4}),${FILE_CHARACTER}{32,}`,
  "gi",
);
const fileEnd = new RegExp(`(?!${FILE_CHARACTER})`);

/** Members in which messages of agents carry files. */
const fileNames = new Set(["data", "blob", "base64", "bytes", "file_data", "fileData"]);

/** A picture as base64, or its `data:` address: nothing is looked for in it, as anything may occur in it by chance. */
export const isPictureText = (text: string): boolean => picture.test(text);

/**
 * What stands for a string that is a file as base64, in which nothing would be found; null for other strings. Pictures
 * are what they look like. `start` may be the beginning of the string only.
 */
export function replaceEmbeddedFile(start: string, name: string | null): string | null {
  if (isPictureText(start)) return null;
  if (/^data:[\w.+-]*[/;,]/i.test(start)) return "data:,";
  if (name === null || !fileNames.has(name)) return null;
  return base64.test(start) || isTextInBase64(start) ? "" : null;
}

const shortBase64 = /^[A-Za-z0-9+/_-]{16,}={0,2}$/;
const readable = /^[\t\n\r\u0020-\u007e\u00a0-\ufffc]+$/;

/** A file may be short; words that only look like base64 are nothing readable in it. */
const isTextInBase64 = (text: string): boolean =>
  shortBase64.test(text) && readable.test(Buffer.from(text, "base64").toString("utf8"));

/** The text without files that stand in it as `data:` addresses. */
export const dropEmbeddedFiles = (text: string): string => text.replaceAll(fileAddress, "data:,");

/** Where such files stand in a text. */
export const findEmbeddedFiles = (text: string): { start: number; end: number }[] =>
  Array.from(text.matchAll(fileAddress), ({ index, 0: { length } }) => ({
    start: index,
    end: index + length,
  }));

/** A text that goes on ends inside of such a file. */
export const endsInFile = (text: string): boolean =>
  findEmbeddedFiles(text).at(-1)?.end === text.length;

/** Where such a file ends that began before the text; its length when it does not. */
export const findFileEnd = (text: string): number => text.search(fileEnd);
