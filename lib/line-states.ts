import { type BatchItemState, batchItemStates } from "./batch.ts";
import { BATCH_LINES_MAX } from "./limits.ts";

/** Neighbouring lines of a batch in one state: first and last index. */
export type LineRun = [from: number, to: number, state: BatchItemState];

const SIZE_MIN = 1_024;

/** The states of a batch's lines by their index, in a byte for each. */
export class LineStates {
  /** 0 where no line is known, else the state's position and 1. */
  #codes = new Uint8Array(SIZE_MIN);
  #end = 0;

  /** Behind the last index that is known. */
  get end(): number {
    return this.#end;
  }

  /** Null where no line is known. */
  at(index: number): BatchItemState | null {
    return batchItemStates[(this.#codes[index] ?? 0) - 1] ?? null;
  }

  set(runs: readonly LineRun[]): void {
    for (const [from, to, state] of runs) {
      const end = Math.min(to + 1, BATCH_LINES_MAX);
      this.#reserve(end);
      this.#codes.fill(codeOf(state), from, end);
      this.#end = Math.max(this.#end, end);
    }
  }

  /** What is known from `start` on, `runsMax` runs of it, and the index to go on from; null when that was all. */
  read(start: number, runsMax: number): { runs: LineRun[]; next: number | null } {
    const runs: LineRun[] = [];
    for (let from = start; from < this.#end;) {
      const code = this.#codes[from] ?? 0;
      let to = from;
      while (to + 1 < this.#end && this.#codes[to + 1] === code) to += 1;
      const state = batchItemStates[code - 1];
      if (state !== undefined) {
        if (runs.length === runsMax) return { runs, next: from };
        runs.push([from, to, state]);
      }
      from = to + 1;
    }
    return { runs, next: null };
  }

  /** Of `runs`, which ascend, the parts that are otherwise here; of these the first `runsMax`. */
  findChanges(runs: readonly LineRun[], runsMax: number): LineRun[] {
    const changes: LineRun[] = [];
    for (const [from, to, state] of runs) {
      const code = codeOf(state);
      for (let index = from; index <= to; index += 1) {
        if (this.#codes[index] === code) continue;
        const last = changes.at(-1);
        if (last && last[1] === index - 1 && last[2] === state) last[1] = index;
        else if (changes.length === runsMax) return changes;
        else changes.push([index, index, state]);
      }
    }
    return changes;
  }

  #reserve(size: number): void {
    if (size <= this.#codes.length) return;
    const larger = new Uint8Array(Math.max(size, 2 * this.#codes.length));
    larger.set(this.#codes);
    this.#codes = larger;
  }
}

const codeOf = (state: BatchItemState) => batchItemStates.indexOf(state) + 1;
