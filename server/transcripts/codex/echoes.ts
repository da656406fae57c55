import { createHash } from "node:crypto";

const KEPT_MAX = 50;

/**
 * What is told twice, as an item of the conversation and as an event, in either order: the first time counts. Knows the
 * latest ones, by their hashes: texts may be large.
 */
export class Echoes {
  #unmatched: { kind: string; hash: string; teller: string }[] = [];

  /** True when another teller has told the same before. */
  isRepeat(kind: string, text: string, teller: string): boolean {
    const hash = createHash("sha256").update(text.trim()).digest("base64");
    const at = this.#unmatched.findIndex(
      (known) => known.kind === kind && known.teller !== teller && known.hash === hash,
    );
    if (at !== -1) {
      this.#unmatched.splice(at, 1);
      return true;
    }
    this.#unmatched.push({ kind, hash, teller });
    if (this.#unmatched.length > KEPT_MAX) this.#unmatched.shift();
    return false;
  }
}
