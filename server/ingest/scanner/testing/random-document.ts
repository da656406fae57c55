const strings = [
  '""',
  '"a"',
  '"\\n\\t\\"\\\\\\/\\b\\f\\r"',
  '"\\u00e9\\ud83d\\uDE00"',
  '"\\ud800"',
];
const texts = ['"é漢😀"', '"id"', '"\\u0000"', `"${"long ".repeat(20)}"`, `"${"x".repeat(31)}\\n"`];
const numbers = ["0", "-0", "1", "-12", "1.5", "0.1e3", "1E-7", "2e+10", "1e999", "123456789012"];
const literals = ["true", "false", "null"];
const keys = ['"id"', '"messageID"', '"type"', '"data"', '"info"', '"parts"', '"messages"'];
const otherKeys = [
  '"\\u0069d"',
  '"typ"',
  '"types"',
  '"__proto__"',
  '""',
  '"k"',
  '"a long key, no name"',
];
const ids = [
  '"m1"',
  '"p1"',
  '"a/b"',
  '"\\u0061"',
  '""',
  "1",
  "null",
  '"é"',
  `"${"i".repeat(257)}"`,
];
const spaces = ["", "", "", "", " ", "  \t", "\r", "\n"];

/** Writes JSON that looks like documents of sessions, and like what somebody may send instead. */
export class RandomDocuments {
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  integer(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  document(): string {
    const elements = () => `[${this.#list(4, () => this.#element())}]`;
    const around = this.#chance(0.2) ? this.#members(2) : "";
    const join = around === "" ? "" : ",";
    switch (this.integer(5)) {
      case 0:
        return elements();
      case 1:
        return `{${around}${join}"data"${this.#space()}:${elements()}}`;
      case 2:
        return `{"info":${this.#body()},"messages":${elements()}${join}${around}}`;
      case 3:
        return `{"messages":${elements()},"sessionDiff":${this.value(2)}}`;
      default:
        return this.#element();
    }
  }

  /** One to three changes at random places. */
  mutate(text: string): string {
    const pieces = [
      '"',
      "\\",
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      " ",
      "0",
      "1",
      ".",
      "e",
      "-",
      "t",
      "é",
    ];
    let mutated = text;
    for (let count = 1 + this.integer(3); count > 0; count -= 1) {
      const at = this.integer(mutated.length + 1);
      const piece = this.#chance(0.7)
        ? this.#pick(pieces)
        : mutated.slice(at, at + this.integer(9));
      const removed = this.integer(3);
      const to = this.#chance(0.2) ? this.integer(mutated.length + 1) : at;
      mutated = mutated.slice(0, to) + piece + mutated.slice(to + removed);
    }
    return mutated;
  }

  value(depth: number): string {
    const kind = this.integer(depth > 0 ? 6 : 4);
    if (kind === 0) return this.#pick(strings);
    if (kind === 1) return this.#pick(texts);
    if (kind === 2) return this.#pick(numbers);
    if (kind === 3) return this.#pick(literals);
    if (kind === 4) return `[${this.#list(3, () => this.value(depth - 1))}]`;
    return `{${this.#members(3, depth - 1)}}`;
  }

  #element(): string {
    const form = this.integer(6);
    if (form === 0) return this.value(2);
    if (form < 3) {
      const members = [`"info":${this.#body()}`, `"parts":[${this.#list(3, () => this.#body())}]`];
      return this.#object(members);
    }
    const type = this.#pick([
      '"message"',
      '"part"',
      '"part"',
      '"session"',
      '"other"',
      '"t\\u0079"',
      "1",
    ]);
    return this.#object([`"type"${this.#space()}:${type}`, `"data":${this.#body()}`]);
  }

  #body(): string {
    if (this.#chance(0.1)) return this.value(2);
    return this.#object([`"id":${this.#pick(ids)}`, `"messageID":${this.#pick(ids)}`]);
  }

  /** The members in any order, seldom one of them missing, sometimes with others. */
  #object(members: string[]): string {
    const own = members.filter(() => !this.#chance(0.05));
    if (this.#chance(0.3)) own.push(this.#members(2));
    if (this.#chance(0.3)) own.reverse();
    const space = this.#space();
    return `{${space}${own.filter((one) => one !== "").join(`${space},`)}}`;
  }

  #members(limit: number, depth = 1): string {
    return this.#list(limit, () => {
      const key = this.#pick(this.#chance(0.3) ? keys : otherKeys);
      return `${key}${this.#space()}:${this.#space()}${this.value(depth)}`;
    });
  }

  #list(limit: number, create: () => string): string {
    const space = this.#space();
    return Array.from({ length: this.integer(limit + 1) }, create).join(`${space},${space}`);
  }

  #space = () => this.#pick(spaces);
  #chance = (probability: number) => this.#random() < probability;
  #pick = (choices: readonly string[]) => choices[this.integer(choices.length)]!;
}
