import { guessMime } from "#lib/guess-mime.ts";
import { isPictureMime } from "#lib/attachment.ts";
import { ATTACHMENT_NAME_MAX_BYTES } from "#lib/limits.ts";
import type { Picture } from "#lib/read-picture.ts";

const NAMELESS = "file";
const EXTENSION_MAX_BYTES = 20;

/**
 * A name that every file system takes: the last part of a path, without characters that no name has, at most 200 bytes
 * with its ending kept. `file` where nothing is left.
 */
export function cleanAttachmentName(name: string): string {
  // oxlint-disable-next-line no-control-regex -- names with control characters are what is looked for
  const printable = name.replace(/[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069\p{Surrogate}]/gu, "");
  const last = printable.split(/[\\/]/).at(-1)?.trim() ?? "";
  // One that begins with a dot would be hidden from the agent's own search.
  const visible = last.replace(/^\.+/, "");
  return visible === "" ? NAMELESS : cutName(visible);
}

function cutName(name: string): string {
  if (Buffer.byteLength(name) <= ATTACHMENT_NAME_MAX_BYTES) return name;
  const dot = name.lastIndexOf(".");
  const extension = dot > 0 ? name.slice(dot) : "";
  const kept = Buffer.byteLength(extension) <= EXTENSION_MAX_BYTES ? extension : "";
  const room = ATTACHMENT_NAME_MAX_BYTES - Buffer.byteLength(kept);
  const stem = Buffer.from(name)
    .subarray(0, room)
    .toString("utf8")
    .replace(/\uFFFD+$/, "");
  return stem + kept;
}

/** What `curl --data-binary` says of everything. */
const FORM = "application/x-www-form-urlencoded";
const MIME = /^[\w.+-]{1,80}\/[\w.+-]{1,80}$/;

/** What its bytes say of a picture; of other files what their sender says, or their name. */
export function attachmentMime({
  picture,
  declared,
  name,
}: {
  picture: Picture | null;
  declared: string | null;
  name: string;
}): string {
  if (picture !== null) return picture.type;
  const said = declared?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const mime = MIME.test(said) && said !== FORM ? said : guessMime(name);
  return isPictureMime(mime) ? "application/octet-stream" : mime;
}
