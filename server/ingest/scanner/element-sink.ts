import { EXPORT_LINE_TYPE, LEFT_OUT_LINE_TYPE } from "#lib/export.ts";
import { ITEM_DEPTH_MAX } from "#lib/limits.ts";
import { ElementBatches } from "./element-batches.ts";
import { readExportedLine, restoreBreaks } from "./export-lines.ts";
import {
  findIdentity,
  findOuterIdentity,
  type FoundId,
  type Identity,
  isNamedOutside,
  toIdentity,
} from "./item-identity.ts";
import type { ScannedElement } from "./scanned-element.ts";

const IGNORED_MAX = 32;
const NAME_SHOWN_MAX_CHARACTERS = 64;

/** What was read of an element; positions are those of the stream. */
export interface FoundElement {
  start: number;
  end: number;
  type: FoundId;
  id: FoundId;
  messageId: FoundId;
  isDeep: boolean;
  /** What the reader of the element has against it, safe to show. */
  fault: string | null;
}

/** One that its reader fills in again for every element: there are millions. */
export const createFound = (): FoundElement => ({
  start: 0,
  end: 0,
  type: undefined,
  id: undefined,
  messageId: undefined,
  isDeep: false,
  fault: null,
});

/** Gives what is stored of an element that is in order, and therefore small enough to be held. */
export interface BodySource {
  readBody(found: FoundElement): Uint8Array;
  /** Undefined when there is none, null when it is too large to be kept. */
  readEnvelope(found: FoundElement): string | undefined | null;
}

/**
 * Judges and counts what was found, in order, and lays it ready in batches of up to 1 MiB of bodies; a larger body is
 * alone in its batch.
 */
export class ElementSink {
  itemCount = 0;
  skippedCount = 0;
  /** Of members that were left out, with their keys. */
  ignoredBytes = 0;
  readonly #itemMaxBytes: number;
  /** The document is an NDJSON export of ours: lines may say more of their items than others do. */
  #isExport = false;
  readonly #ignored = new Set<string>();
  readonly #batches = new ElementBatches();

  constructor(itemMaxBytes: number) {
    this.#itemMaxBytes = itemMaxBytes;
  }

  get ignoredMembers(): readonly string[] {
    return [...this.#ignored];
  }

  /** Takes what is ready; the bodies are valid until the next chunk is read. */
  takeBatches(): ScannedElement[][] {
    return this.#batches.take();
  }

  ignore(name: string): void {
    if (this.#ignored.size < IGNORED_MAX)
      this.#ignored.add(name.slice(0, NAME_SHOWN_MAX_CHARACTERS));
  }

  add(found: FoundElement, source: BodySource): void {
    const { type } = found;
    const byteLength = found.end - found.start;
    if (byteLength > this.#itemMaxBytes)
      return this.skip(found, `The item is larger than ${this.#itemMaxBytes} bytes`);
    if (found.isDeep)
      return this.skip(found, `The item is nested deeper than ${ITEM_DEPTH_MAX} levels`);
    if (type == null) return this.skip(found, typeFault(type));
    if (found.fault !== null) return this.skip(found, found.fault);
    if (type === EXPORT_LINE_TYPE) {
      this.#isExport = true;
      return;
    }
    if (type === LEFT_OUT_LINE_TYPE) return this.skip(found, "The export does not hold this item");
    const surrounding = source.readEnvelope(found);
    if (surrounding === null) return this.skip(found, "What surrounds the item is too large");
    const line = this.#isExport && surrounding ? readExportedLine(surrounding) : null;
    const identity = line?.ids
      ? toIdentity(type, line.ids)
      : findOwnIdentity(type, found, line ? line.envelope : surrounding);
    if (typeof identity === "string") return this.skip(found, identity);
    const whole = source.readBody(found);
    const { body, envelope } = line
      ? restoreBreaks(line, whole)
      : { body: whole, envelope: surrounding };

    const { messageId: ownMessageId, partId } = identity;
    this.itemCount += 1;
    this.#batches.push(
      {
        kind: "item",
        index: this.count - 1,
        offset: found.start,
        byteLength,
        type,
        messageId: ownMessageId,
        partId,
        body,
        envelope,
      },
      body.byteLength,
    );
  }

  skip({ start, end, type, id, messageId }: FoundElement, reason: string): void {
    const isMessage = type === "message";
    this.skippedCount += 1;
    this.#batches.push(
      {
        kind: "skipped",
        index: this.count - 1,
        offset: start,
        byteLength: end - start,
        reason,
        type: type ?? null,
        messageId: (isMessage ? id : messageId) ?? null,
        partId: isMessage ? null : (id ?? null),
      },
      0,
    );
  }

  /** Elements so far: the index of the next one. */
  get count(): number {
    return this.itemCount + this.skippedCount;
  }
}

const typeFault = (type: null | undefined) =>
  type === undefined
    ? "The element has no `type`"
    : "The `type` of the element is not text that may name one";

function findOwnIdentity(
  type: string,
  { id, messageId }: FoundElement,
  envelope: string | undefined,
): Identity | string {
  return envelope !== undefined && isNamedOutside(type, id, messageId)
    ? findOuterIdentity(type, envelope)
    : findIdentity(type, id, messageId);
}
