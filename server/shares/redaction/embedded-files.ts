/** Beginnings of PNG, JPEG, GIF, WebP and AVIF in base64. */
const PICTURE_START = String.raw`(?:iVBORw0KGgo|/9j/|R0lGOD|UklGR|AAAA.GZ0eXB)`;
const PICTURE_ADDRESS = String.raw`data:image/(?:png|jpe?g|gif|webp|avif);base64,${PICTURE_START}`;

const picture = new RegExp(`^(?:${PICTURE_ADDRESS}|${PICTURE_START})[A-Za-z0-9+/=\\s]*$`);
const base64 = /^[A-Za-z0-9+/=_\s-]{256,}$/;
const fileAddress = new RegExp(
  String.raw`data:(?!image/(?:png|jpe?g|gif|webp|avif);base64,${PICTURE_START})[\w.+-]{1,64}/[\w.+-]{1,64}(?:;[\w.=+-]{1,64}){0,4},[A-Za-z0-9+/=%_-]{32,}`,
  "gi",
);

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
  return name !== null && fileNames.has(name) && base64.test(start) ? "" : null;
}

/** The text without files that stand in it as `data:` addresses. */
export const dropEmbeddedFiles = (text: string): string =>
  text.includes("data:") ? text.replaceAll(fileAddress, "data:,") : text;
