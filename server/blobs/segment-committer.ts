import type { AppendPosition } from "./append-position.ts";
import {
  type AppendedBlob,
  commitSegments,
  discardSegments,
  type PutSegment,
} from "./append-steps.ts";

/** Segments of one blob that the store has taken and no row knows of yet. */
const UNCOMMITTED_MAX = 3;

/** A segment that the store has taken. */
export interface TakenSegment {
  /** Where the blob ends before it. */
  start: AppendPosition;
  /** Resolves when it is durable. */
  putting: Promise<PutSegment>;
  /** Hex, where it is known. */
  sha256: Promise<string | null> | null;
}

interface Uncommitted extends TakenSegment {
  put: PutSegment | null;
  /** Part of a transaction, whatever became of that. */
  isOffered: boolean;
}

/**
 * Makes segments part of a blob in their order, those that have become durable meanwhile in one transaction. Behind one
 * that failed none is: they are taken out of the store again.
 */
export function createSegmentCommitter(
  blob: AppendedBlob,
  onStored: ((offset: number) => void) | undefined,
) {
  const queue: Uncommitted[] = [];
  const ends: Promise<void>[] = [];
  const stored = async () => ends.at(-1);

  const commit = async (segment: Uncommitted) => {
    if (segment.isOffered) return;
    await segment.putting;
    const group = takeDurable(queue);
    const sha256 = await segment.sha256;
    await commitSegments(blob, segment.start, { segments: group, sha256, onStored });
  };

  const commitBehind = async (before: Promise<void>, segment: Uncommitted) => {
    try {
      await before;
    } catch (error) {
      // What a transaction knew of may be there nevertheless.
      const put = segment.isOffered ? null : await segment.putting.catch(() => null);
      if (put) await discardSegments(blob.services, [put]);
      throw error;
    }
    await commit(segment);
  };

  return {
    /** Resolves when another one may be taken. Rejects with what one before it failed with, too. */
    async add(taken: TakenSegment): Promise<void> {
      const segment: Uncommitted = { ...taken, put: null, isOffered: false };
      segment.putting.then((put) => (segment.put = put)).catch(() => {});
      queue.push(segment);
      const end = commitBehind(stored(), segment);
      end.catch(() => {});
      if (ends.push(end) > UNCOMMITTED_MAX) await ends.shift();
    },
    /** Resolves when all are part of the blob. */
    stored,
  };
}

/** The first, which is durable, and those behind it that are. */
function takeDurable(queue: Uncommitted[]): PutSegment[] {
  const group: PutSegment[] = [];
  for (let first = queue[0]; first?.put; first = queue[0]) {
    first.isOffered = true;
    group.push(first.put);
    queue.shift();
  }
  return group;
}
