import type { BlobServices } from "#server/blobs/write-blob.ts";
import type { OutputRef } from "#server/outputs/output-ref.ts";
import { createRefStore } from "#server/outputs/ref-store.ts";
import { resolveOutput } from "#server/outputs/resolve-output.ts";
import type { ItemPosition } from "./open-item-body.ts";
import { readItemValue } from "./read-item-value.ts";

interface Linked {
  /** Files of fewer bytes are in the value. */
  below: number;
  /** Address of the file at a JSON pointer. */
  hrefOf: (pointer: string) => string;
}

/**
 * The value of an item with the addresses of its larger files in place of their `data:` URLs; what stands for a file
 * whose bytes are gone is a `MissingOutput`. Throws what `readItemValue` throws.
 */
export async function readLinkedValue(
  services: BlobServices,
  position: ItemPosition,
  { below, hrefOf }: Linked,
): Promise<unknown> {
  const value = await readItemValue(services, position);
  const refs = createRefStore(services, position);
  const dangling = "placeholder";
  const hydrated = await resolveOutput(value, { hydrate: { below }, refs, dangling });
  const link = ({ label }: OutputRef) => hrefOf(label);
  return resolveOutput(hydrated, { hydrate: "all", refs: link, dangling });
}
