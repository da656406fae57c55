import type { Output } from "#lib/output.ts";

/** What an export says of an output beside its bytes. */
export type OutputFacts = Pick<
  Output,
  "port" | "n" | "name" | "mime" | "source" | "state" | "bytes" | "sha256" | "error" | "createdAt"
> & { id: string; executionId: string };

/** Where the bytes of an output are: in the export, at an address, or neither, and why. */
export type OutputPlace =
  | { kind: "inline" }
  | { kind: "link"; href: string }
  | { kind: "none"; reason: string };

/** What is written of an output; between `before` and `after` its bytes in base64, where its place is inline. */
export interface OutputFrame {
  before: string;
  after: string;
}

const PLAIN_MIME = /^[\w.+-]{1,100}\/[\w.+-]{1,100}$/;

/** `data:…;base64,` of a type that needs no quoting; another one is bytes of any kind. */
export const dataUrlHead = ({ mime }: Pick<Output, "mime">): string => {
  const essence = mime.split(";", 1)[0]?.trim() ?? "";
  return `data:${PLAIN_MIME.test(essence) ? essence : "application/octet-stream"};base64,`;
};

/** A JSON object with the facts of an output, and its bytes or their address as `url`. */
export function jsonFrame(facts: OutputFacts, place: OutputPlace): OutputFrame {
  const open = JSON.stringify(facts).slice(0, -1);
  switch (place.kind) {
    case "inline":
      return { before: `${open},"url":"${dataUrlHead(facts)}`, after: '"}' };
    case "link":
      return { before: `${open},"url":${JSON.stringify(place.href)}`, after: "}" };
    case "none":
      return { before: `${open},"leftOut":${JSON.stringify(place.reason)}`, after: "}" };
  }
}

/** `shot.png (image/png, 1200 bytes)`, with what there is to say of it. */
export function describeOutput({ port, mime, bytes, state, error }: OutputFacts): string {
  const trouble = state === "complete" ? "" : `, incomplete${error === null ? "" : `: ${error}`}`;
  return `${port} (${mime}, ${bytes} bytes${trouble})`;
}
