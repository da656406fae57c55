import type { ItemEvent, WireItem } from "#lib/live-protocol.ts";

/** Milliseconds of the one clock that all processes of a machine share. */
export const sharedNowMs = () => Number(process.hrtime.bigint()) / 1e6;

/** Found once in every event, with the moment it was made behind it. */
export const MOMENT_MARK = '"preview":"';

export function makeItem(seq: number): WireItem {
  return {
    type: "part",
    messageId: "msg_01890a5d-ac96-774b",
    partId: "prt_01890a5d-ac96-774b",
    firstSeq: seq,
    seq,
    body: "x".repeat(40),
    byteSize: 40,
    preview: String(sharedNowMs()),
    deleted: false,
  };
}

/** Some 230 bytes as JSON. */
export const makeEvent = (seq: number): ItemEvent => ({ type: "item", seq, item: makeItem(seq) });
