import { UNKNOWN_MIME } from "#lib/guess-mime.ts";
import { looksLikeText, TEXT_HEAD_BYTES } from "#lib/looks-like-text.ts";
import { transact } from "#server/live/transact.ts";
import { type BegunOutput, noteChange, type OutputServices } from "./begin-output.ts";

/**
 * Tells of an output of unknown type whether it is plain text, by its first KiB, and by what there is of that until it is
 * whole. Takes the bytes in order; resolves in order. Throws `gone` for a deleted session.
 */
export function createTextNote(
  services: OutputServices,
  begun: BegunOutput,
): (bytes: Uint8Array) => Promise<void> {
  let head: Uint8Array = new Uint8Array(0);
  let isText = false;
  let noting: Promise<void> = Promise.resolve();
  return (bytes) => {
    if (head.byteLength >= TEXT_HEAD_BYTES) return noting;
    head = Buffer.concat([head, bytes.subarray(0, TEXT_HEAD_BYTES - head.byteLength)]);
    const was = isText;
    isText = looksLikeText(head);
    const mime = isText ? "text/plain" : UNKNOWN_MIME;
    if (isText !== was) noting = noting.then(() => noteMime(services, begun, mime));
    return noting;
  };
}

async function noteMime(services: OutputServices, begun: BegunOutput, mime: string): Promise<void> {
  await transact(services, async (tx) => {
    const { seq } = await noteChange(tx, begun);
    await tx`
      update outputs set mime = ${mime}, seq = ${seq}
      where id = ${begun.outputId} and state = 'writing'`;
  });
}
