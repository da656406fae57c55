import { setTimeout as delay } from "node:timers/promises";
import { isAppError } from "#lib/errors.ts";
import type { Output } from "#lib/output.ts";
import { outputKind } from "#lib/output-kind.ts";
import { PICTURE_HEAD_BYTES, readPicture } from "#lib/read-picture.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import { openOutputBytes } from "#server/outputs/open-output-bytes.ts";

const TEXT_HEAD_BYTES = 65_536;
const AT_ONCE_MAX = 8;
/** Nobody waits longer for storage that is slow. */
const LOOK_MS = 3_000;
const KNOWN_MAX = 10_000;

/** By output; what has ended never changes. */
const known = new Map<string, boolean>();

/**
 * Those of outputs that have ended that begin as their type says: pictures that are none, and texts that are not in
 * UTF-8, would not open. What could not be looked at in time stays.
 */
export async function keepShowable(
  services: BlobServices,
  outputs: readonly Output[],
): Promise<Output[]> {
  const unknown = outputs.filter(({ outputId }) => !known.has(outputId));
  const stop = new AbortController();
  const looked = lookAt(services, unknown, stop.signal);
  await Promise.race([looked, delay(LOOK_MS, undefined, { signal: stop.signal })]).finally(() =>
    stop.abort(),
  );
  return outputs.filter(({ outputId }) => known.get(outputId) !== false);
}

async function lookAt(
  services: BlobServices,
  outputs: readonly Output[],
  signal: AbortSignal,
): Promise<void> {
  for (let at = 0; at < outputs.length && !signal.aborted; at += AT_ONCE_MAX)
    await Promise.allSettled(
      outputs.slice(at, at + AT_ONCE_MAX).map(async (output) => {
        const { outputId } = output;
        known.set(outputId, await beginsAsItSays(services, output));
        if (known.size > KNOWN_MAX) known.delete(known.keys().next().value!);
      }),
    );
}

async function beginsAsItSays(services: BlobServices, output: Output): Promise<boolean> {
  const isPicture = outputKind(output.mime) === "picture";
  const length = isPicture ? PICTURE_HEAD_BYTES : TEXT_HEAD_BYTES;
  try {
    const stream = await openOutputBytes(services, output, { length });
    const head = Buffer.concat((await stream.toArray()) as Buffer[]);
    return (isPicture ? readPicture(head) : readShownText(head)) !== null;
  } catch (error) {
    // Its bytes are gone.
    if (isAppError(error) && error.code === "not_found") return false;
    throw error;
  }
}

/**
 * Text as it is looked through. What stands in another encoding, with a NUL beside each letter, would hide what is looked
 * for: null. A character that it is cut in is left out.
 */
export function readShownText(bytes: Uint8Array): string | null {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    const text = decoder.decode(bytes, { stream: true });
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}
