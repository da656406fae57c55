import {
  EXPORT_LINE_MEMBER,
  EXPORT_LINE_TYPE,
  LEFT_OUT_LINE_TYPE,
  OUTPUT_LINE_TYPE,
  type ExportTotals,
} from "#lib/export.ts";
import type { ExportOutput } from "./export-output.ts";
import type { ExportRow } from "./export-row.ts";
import { detailsOf } from "./left-out.ts";
import { LineBreaks } from "./line-breaks.ts";
import { jsonFrame, type OutputFacts, type OutputFrame, type OutputPlace } from "./output-frame.ts";
import type { BodyFrame, ExportHead, LeftOut, SessionFormat } from "./session-format.ts";

/**
 * One item per line, `{"type", "data"}` with the other members of its envelope, between two lines of the type
 * `millrace_export`: the first says what this is, the last counts and bears the SHA-256 of all that stands before it.
 * Brought back by our own ingest, every item is byte for byte what it was.
 */
export class NdjsonFormat implements SessionFormat {
  readonly takesGroups = false;
  readonly needsIds = true;
  readonly keepsStaleMessages = false;
  readonly wholeBodyMaxBytes = 0;
  readonly #head: ExportHead;
  readonly #fronts = new Map<string, string>();

  constructor(head: ExportHead) {
    this.#head = head;
  }

  begin(output: ExportOutput): void {
    const { sessionId, title, exportedAt, generation } = this.#head;
    const data = { version: 1, sessionId, title, exportedAt, generation };
    output.text(`{"type":"${EXPORT_LINE_TYPE}","data":${JSON.stringify(data)}}\n`);
  }

  write(output: ExportOutput, row: ExportRow, body: Buffer): void {
    const { before, replace, after } = frameLine(row, this.#frontOf(row.type), body);
    output.text(before);
    output.bytes(replace(body));
    output.text(after());
  }

  open(_output: ExportOutput, row: ExportRow): BodyFrame {
    return frameLine(row, this.#frontOf(row.type), null);
  }

  leaveOut(output: ExportOutput, row: ExportRow, what: LeftOut): void {
    const { type, messageId, partId } = row;
    const id = row.kind === "message" ? messageId : partId;
    const data = {
      ...(id !== "" && { id }),
      ...(messageId !== "" && { messageID: messageId }),
      type,
      leftOut: what.reason,
      ...detailsOf(what),
    };
    output.text(`{"type":"${LEFT_OUT_LINE_TYPE}","data":${JSON.stringify(data)}}\n`);
  }

  takesBytesOf(): boolean {
    return true;
  }

  /** A line of a type of its own, with the ids that bring it back as an item. */
  frameOutput(facts: OutputFacts, place: OutputPlace): OutputFrame {
    const { before, after } = jsonFrame(facts, place);
    const ids = JSON.stringify(["", facts.id]);
    return {
      before: `{"type":"${OUTPUT_LINE_TYPE}","data":${before}`,
      after: `${after},"${EXPORT_LINE_MEMBER}":{"ids":${ids}}}\n`,
    };
  }

  end(output: ExportOutput, totals: ExportTotals): void {
    const sha256 = output.sha256();
    const { lastSeq } = this.#head;
    const data = { version: 1, lastSeq, ...totals, bytes: output.byteLength, sha256 };
    output.text(`{"type":"${EXPORT_LINE_TYPE}","data":${JSON.stringify(data)}}\n`);
  }

  #frontOf(type: string): string {
    const known = this.#fronts.get(type);
    if (known !== undefined) return known;
    const front = `"type":${JSON.stringify(type)}`;
    if (this.#fronts.size < 64) this.#fronts.set(type, front);
    return front;
  }
}

/** `body` is null where it is not known yet. */
function frameLine(row: ExportRow, type: string, body: Buffer | null): BodyFrame {
  const breaks = new LineBreaks();
  const envelope = row.envelope && breaks.replace(row.envelope).toString("utf8");
  const { before, after } = placeEnvelope(type, envelope);
  // An envelope with a member of that name would be taken for ours if there was no other behind it.
  const isPlain = body !== null && !envelope?.includes(`"${EXPORT_LINE_MEMBER}"`);
  const ids = isPlain && namesItself(row, body) ? "" : idsOf(row);
  return {
    before,
    replace: (piece) => breaks.replace(piece),
    after() {
      const { distances } = breaks;
      if (ids === "" && distances === "") return `${after}}\n`;
      const members = [ids, distances === "" ? "" : `"breaks":[${distances}]`].filter(Boolean);
      return `${after},"${EXPORT_LINE_MEMBER}":{${members.join(",")}}}\n`;
    },
  };
}

const idsOf = ({ messageId, partId }: ExportRow) => `"ids":${JSON.stringify([messageId, partId])}`;

const HEAD_BYTES = 256;

/**
 * Whether a reader of the body alone finds the item's ids in it. False where that is not plain to see in its first
 * members: ids that are written out twice do no harm.
 */
function namesItself({ kind, messageId, partId }: ExportRow, body: Buffer): boolean {
  if (kind === "session") return true;
  if (kind === "other") return false;
  const head = body.toString("latin1", 0, HEAD_BYTES);
  if (kind === "message") return hasMember(head, "id", messageId);
  return hasMember(head, "id", partId) && hasMember(head, "messageID", messageId);
}

/** Nothing was opened before the member, so that it stands in the object itself, and no string goes on over it. */
function hasMember(head: string, name: string, id: string): boolean {
  const at = head.indexOf(`"${name}":"${id}"`);
  const before = head.slice(1, at);
  if (at < 1 || head[0] !== "{" || /[{[\\]/.test(before)) return false;
  return before.split('"').length % 2 === 1;
}

const NAMES = ["type", "data", "info", "parts"];

/**
 * What stands around `data`, but for the closing brace. The envelope may hold members that an element is told by (of
 * equal names the last one counts, and the others were kept): it goes where the same ones are found to be type and body
 * again.
 */
function placeEnvelope(type: string, envelope: string | null): { before: string; after: string } {
  const others = envelope?.slice(1, -1).trim() ?? "";
  if (envelope === null || others === "") return { before: `{${type},"data":`, after: "" };
  const names = Object.keys(JSON.parse(envelope) as object);
  const first = names.find((name) => NAMES.includes(name));
  const isTold = first === undefined || first === "type" || first === "data";
  if (isTold) return { before: `{${others},${type},"data":`, after: "" };
  return names.includes("type")
    ? { before: '{"data":', after: `,${others},${type}` }
    : { before: `{${type},${others},"data":`, after: "" };
}
