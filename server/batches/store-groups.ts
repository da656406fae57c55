import pMap, { pMapSkip } from "p-map";
import type { ByteBudget } from "#server/blobs/byte-budget.ts";

interface StoreOptions<Group> {
  /** Groups that are stored at one time, at most; 1: one after the other. */
  concurrency: number;
  /** Bounds what all requests hold together; the source is not asked for more before there is room. */
  budget: ByteBudget;
  store(group: Group): Promise<void>;
}

/**
 * Stores groups as they come, and asks for the next one only when somebody is free for it. Resolves or throws when all
 * that began has ended: the first error of the source or of a store ends the reading, and comes through.
 */
export async function storeGroups<Group extends { heldBytes: number }>(
  groups: AsyncIterable<Group>,
  { concurrency, budget, store }: StoreOptions<Group>,
): Promise<void> {
  let failure: { error: unknown } | null = null;
  const fail = (error: unknown) => {
    failure ??= { error };
  };

  // `pMap` would let go of what runs at the first error: it hears of none.
  const admitted = async function* () {
    try {
      for await (const group of groups) {
        if (failure) return;
        await budget.wait(group.heldBytes);
        yield group;
      }
    } catch (error) {
      fail(error);
    }
  };
  const storeOne = async (group: Group) => {
    try {
      await store(group);
    } catch (error) {
      fail(error);
    } finally {
      budget.give(group.heldBytes);
    }
    return pMapSkip;
  };
  await pMap(admitted(), storeOne, { concurrency });
  throwFailure(failure);
}

function throwFailure(failure: { error: unknown } | null): void {
  if (failure) throw failure.error;
}
