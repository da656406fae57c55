import type { BlobServices } from "#server/blobs/write-blob.ts";
import { AppError } from "#lib/errors.ts";
import type { OutputRef } from "#server/outputs/output-ref.ts";
import { createRefStore } from "#server/outputs/ref-store.ts";
import { resolveOutput } from "#server/outputs/resolve-output.ts";
import type { ItemPosition } from "./open-item-body.ts";
import { readItemValue } from "./read-item-value.ts";

/** Of all files of an item that are in its value: they are in memory. */
const HYDRATED_MAX_BYTES = 16 * 1024 * 1024;

interface Linked {
  /** Files of fewer bytes are in the value. */
  below: number;
  /** Address of the file at a JSON pointer. */
  hrefOf: (pointer: string) => string;
}

/**
 * The value of an item with the addresses of its larger files in place of their `data:` URLs; what stands for a file
 * whose bytes are gone is a `MissingOutput`. Throws what `readItemValue` throws, and `too_large` when the smaller files
 * are too many.
 */
export async function readLinkedValue(
  services: BlobServices,
  position: ItemPosition,
  { below, hrefOf }: Linked,
): Promise<unknown> {
  const value = await readItemValue(services, position);
  const { resolveRef } = createRefStore(services, position);
  let hydratedBytes = 0;
  const refs = (ref: OutputRef) => {
    hydratedBytes += ref.bytes;
    if (hydratedBytes > HYDRATED_MAX_BYTES) throw tooLarge();
    return resolveRef(ref);
  };
  const dangling = "placeholder";
  const hydrated = await resolveOutput(value, { hydrate: { below }, refs, dangling });
  const link = ({ label }: OutputRef) => hrefOf(label);
  return resolveOutput(hydrated, { hydrate: "all", refs: link, dangling });
}

const tooLarge = () =>
  new AppError("too_large", "The item's files are too large to be in its value", {
    details: { maxBytes: HYDRATED_MAX_BYTES },
  });
