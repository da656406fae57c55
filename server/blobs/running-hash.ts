import { createHash, type Hash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";

/** SHA-256 of bytes that come by and by. Calls take effect in the order in which they are made. */
export interface RunningHash {
  /** Resolves when the chunks are not needed any more. Never rejects. */
  update(chunks: readonly Uint8Array[]): Promise<void>;
  /** Goes on from the same bytes, on its own. */
  copy(): RunningHash;
  /** Hex, of all bytes so far; null when the thread that had them was lost. */
  digest(): Promise<string | null>;
  /** Nothing must be asked of it afterwards. */
  release(): void;
}

/** So many bytes are hashed at once. */
const TURN_BYTES = 512 * 1024;

/** Works in this thread, and lets others work in between. */
export function createTurnHash(hash: Hash = createHash("sha256")): RunningHash {
  return {
    async update(chunks) {
      let turnBytes = TURN_BYTES;
      for (const chunk of chunks) {
        if (turnBytes >= TURN_BYTES) {
          await nextTurn();
          turnBytes = 0;
        }
        hash.update(chunk);
        turnBytes += chunk.byteLength;
      }
    },
    copy: () => createTurnHash(hash.copy()),
    digest: async () => hash.copy().digest("hex"),
    release: () => {},
  };
}
