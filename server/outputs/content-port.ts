import { isPortName } from "#lib/stream-ports.ts";

interface Content {
  name?: string | null | undefined;
  mime: string;
}

/** What an output is called that lay in a message: by the file's own name; otherwise what it is, and the how many-th. */
export function contentPort({ name, mime }: Content, position: number): string {
  if (typeof name === "string" && isPortName(name)) return name;
  const [kind = "file", extension = ""] = mime.split(/[/;+]/);
  const suffix = /^[a-z0-9]{1,8}$/.test(extension) ? `.${extension}` : "";
  return `${/^[a-z]{1,20}$/.test(kind) ? kind : "file"}-${position}${suffix}`;
}
