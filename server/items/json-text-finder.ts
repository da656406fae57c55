/** A longer name of a member is none that anybody asks for. */
const NAME_MAX_CHARACTERS = 1_024;

interface Container {
  isList: boolean;
  /** The way that was asked for leads through it. */
  isOnPath: boolean;
  /** Position of the value in a list. */
  index: number;
  /** The member of an object that is read is the next step of the way. */
  isStep: boolean;
  /** What comes next in an object is a name. */
  wantsName: boolean;
}

type Reading = "name" | "wanted" | "other";

/** Steps of a JSON pointer (RFC 6901); null for what is none. The text as a whole has no steps. */
export function parseJsonPointer(pointer: string): string[] | null {
  if (pointer !== "" && !pointer.startsWith("/")) return null;
  const steps = pointer.split("/").slice(1);
  if (steps.some((step) => /~(?![01])/.test(step))) return null;
  return steps.map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/**
 * Finds one string in a JSON text that comes in pieces, by the steps that lead to it, and gives it on as it comes. Holds
 * nothing of the rest. The text must be JSON: it was when it was stored.
 */
export class JsonTextFinder {
  readonly #path: readonly string[];
  readonly #containers: Container[] = [];
  #reading: Reading | null = null;
  /** Of a name: all of it. Of the wanted string: an escape that the last piece ended in. */
  #raw = "";
  #isEscaped = false;
  #isDone = false;

  constructor(path: readonly string[]) {
    this.#path = path;
  }

  /** The string has ended; what else comes does not matter. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** What the next piece of the text holds of the string. */
  push(piece: string): string {
    let found = "";
    let position = 0;
    while (position < piece.length && !this.#isDone) {
      if (this.#reading === null) {
        position = this.#readOutside(piece, position);
        continue;
      }
      const end = this.#findEnd(piece, position);
      const isEnd = end < piece.length;
      found += this.#take(piece.slice(position, end), isEnd);
      position = isEnd ? end + 1 : end;
    }
    return found;
  }

  /** Up to behind the quote that opens the next string. */
  #readOutside(piece: string, from: number): number {
    for (let position = from; position < piece.length; position += 1) {
      const character = piece[position];
      if (character === '"') {
        this.#reading = this.#whatOpens();
        return position + 1;
      }
      if (character === "{" || character === "[") this.#open(character === "[");
      else if (character === "}" || character === "]") this.#containers.pop();
      else if (character === ",") this.#next();
    }
    return piece.length;
  }

  #whatOpens(): Reading {
    const inner = this.#containers.at(-1);
    if (inner?.wantsName) return "name";
    return this.#isOnPath() && this.#containers.length === this.#path.length ? "wanted" : "other";
  }

  /** Whether the value that begins here lies on the way. */
  #isOnPath(): boolean {
    const inner = this.#containers.at(-1);
    if (inner === undefined) return true;
    if (!inner.isOnPath) return false;
    return inner.isList
      ? String(inner.index) === this.#path[this.#containers.length - 1]
      : inner.isStep;
  }

  #open(isList: boolean) {
    const isOnPath = this.#isOnPath() && this.#containers.length < this.#path.length;
    this.#containers.push({ isList, isOnPath, index: 0, isStep: false, wantsName: !isList });
  }

  #next() {
    const inner = this.#containers.at(-1);
    if (inner === undefined) return;
    inner.index += 1;
    inner.isStep = false;
    inner.wantsName = !inner.isList;
  }

  /** The quote that closes the string; the length of the piece when it is not in it. */
  #findEnd(piece: string, from: number): number {
    let position = this.#isEscaped ? from + 1 : from;
    this.#isEscaped = false;
    let quote = -1;
    for (;;) {
      if (quote < position) quote = piece.indexOf('"', position);
      const end = quote === -1 ? piece.length : quote;
      const backslash = piece.slice(position, end).indexOf("\\");
      if (backslash === -1) return end;
      position += backslash + 2;
      this.#isEscaped = position > piece.length;
      if (position >= piece.length) return piece.length;
    }
  }

  #take(raw: string, isEnd: boolean): string {
    const reading = this.#reading;
    if (isEnd) this.#reading = null;
    if (reading === "name") this.#takeName(raw, isEnd);
    if (reading !== "wanted") return "";
    this.#isDone = isEnd;
    const all = this.#raw + raw;
    const cut = isEnd ? all.length : findOpenEscape(all);
    this.#raw = all.slice(cut);
    return decode(all.slice(0, cut));
  }

  #takeName(raw: string, isEnd: boolean) {
    if (this.#raw.length <= NAME_MAX_CHARACTERS) this.#raw += raw;
    if (!isEnd) return;
    const inner = this.#containers.at(-1);
    if (inner) {
      inner.wantsName = false;
      inner.isStep =
        inner.isOnPath && decode(this.#raw) === this.#path[this.#containers.length - 1];
    }
    this.#raw = "";
  }
}

/** Where an escape begins that goes on after the end; the length of the text when there is none. */
function findOpenEscape(raw: string): number {
  const open = /(?<!\\)(?:\\\\)*(\\(?:u[0-9a-fA-F]{0,3})?)$/.exec(raw.slice(-4_096));
  return open ? raw.length - open[1]!.length : raw.length;
}

const decode = (raw: string): string =>
  raw.includes("\\") ? (JSON.parse(`"${raw}"`) as string) : raw;
