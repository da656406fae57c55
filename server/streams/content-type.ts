import { AppError } from "#lib/errors.ts";

const DEFAULT = "application/octet-stream";
const CONTENT_TYPE = /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}(\s*;[\t -~]{0,200})?$/;

/** Of a new stream; throws `invalid_input` for what is no content type. */
export function readContentType(header: string = DEFAULT): string {
  const contentType = header.trim();
  if (isContentType(contentType)) return contentType;
  throw new AppError("invalid_input", "This is not a content type", {
    details: { field: "Content-Type" },
  });
}

export const isContentType = (text: string): boolean => CONTENT_TYPE.test(text);

/** Without parameters, in lower case: what two content types are compared by. */
export const essenceOf = (contentType: string): string =>
  (contentType.split(";", 1)[0] ?? "").trim().toLowerCase();

export const isJson = (contentType: string): boolean =>
  essenceOf(contentType) === "application/json";

/** Sent as it is in server-sent events; all else in base64. */
export const isText = (contentType: string): boolean =>
  isJson(contentType) || essenceOf(contentType).startsWith("text/");
