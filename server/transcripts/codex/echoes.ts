const KEPT_MAX = 50;

/**
 * What is told twice, as an item of the conversation and as an event, in either order: the first time counts. Knows the
 * latest ones.
 */
export class Echoes {
  #unmatched: { kind: string; text: string; teller: string }[] = [];

  /** True when another teller has told the same before. */
  isRepeat(kind: string, text: string, teller: string): boolean {
    const at = this.#unmatched.findIndex(
      (known) => known.kind === kind && known.teller !== teller && known.text === text.trim(),
    );
    if (at !== -1) {
      this.#unmatched.splice(at, 1);
      return true;
    }
    this.#unmatched.push({ kind, text: text.trim(), teller });
    if (this.#unmatched.length > KEPT_MAX) this.#unmatched.shift();
    return false;
  }
}
