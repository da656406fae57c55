import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { finished } from "node:stream/promises";

const MB = 1_000_000;
const MEDIAN_BYTES = 1_500;
const SPREAD = 1.8;
const words = [
  "const",
  "return",
  "Error:",
  "the",
  "file",
  "at line",
  "漢字",
  "😀",
  "\\n",
  "\\n    ",
];
const otherWords = [
  '\\"quoted\\"',
  "src/lib/parse.ts",
  "\\t",
  "value",
  "=> {",
  "0x1f",
  "\\\\",
  "é",
];

/** Numbers from 0 to 1, the same in every run. */
function createRandom(): () => number {
  let state = 20_261_120;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const random = createRandom();
const id = () =>
  Math.floor(random() * 1e15)
    .toString(36)
    .padStart(26, "0");
const messageId = id();
const vocabulary = [...words, ...otherWords];

function writeText(bytes: number): Buffer {
  const text: string[] = [];
  for (let length = 0; length < bytes;) {
    const word = vocabulary[Math.floor(random() * vocabulary.length)]!;
    text.push(word);
    length += Buffer.byteLength(word) + 1;
  }
  return Buffer.from(text.join(" "));
}

/** Tool output to cut from; cuts are at spaces, so that no escape and no character is torn. */
const prose = writeText(4 * MB);

function cutProse(bytes: number): Buffer {
  const start = prose.indexOf(" ", Math.floor(random() * prose.length * 0.5));
  const end = prose.indexOf(" ", Math.min(prose.length - 20, start + bytes));
  return prose.subarray(start, end);
}

type Item = (string | Buffer)[];

function textPart(bytes: number): Item {
  const head = `{"type":"part","data":{"id":"prt_${id()}","sessionID":"ses_${messageId}","messageID":"msg_${messageId}","type":"text","text":"`;
  return [head, cutProse(bytes), '","time":{"start":1763600000000,"end":1763600000900}}}'];
}

function toolPart(bytes: number): Item {
  const head = `{"type":"part","data":{"id":"prt_${id()}","sessionID":"ses_${messageId}","messageID":"msg_${messageId}","type":"tool","tool":"bash","state":{"status":"completed","input":{"command":"ls"},"output":"`;
  const whole = Array.from({ length: Math.floor(bytes / (prose.length / 2)) }, () =>
    cutProse(prose.length / 2),
  );
  return [head, ...whole, cutProse(bytes % (prose.length / 2)), '","time":{"start":1}}}}'];
}

function densePart(): Item {
  const values = Array.from(
    { length: 40 },
    () => `{"a":${Math.floor(random() * 1_000)},"b":[${random().toFixed(4)},true,null],"k":"v"}`,
  );
  return [
    `{"type":"part","data":{"id":"prt_${id()}","messageID":"msg_${messageId}","m":[${values.join(",")}]}}`,
  ];
}

/** Log-normal around 1.5 KB up to 1.5 MB, as outputs of tools are. */
function mixedBytes(): number {
  const normal = Math.sqrt(-2 * Math.log(random() + 1e-9)) * Math.cos(2 * Math.PI * random());
  return Math.min(1.5 * MB, MEDIAN_BYTES * Math.exp(SPREAD * normal));
}

function* until(bytes: number, create: () => Item): Generator<Item> {
  for (let written = 0; written < bytes;) {
    const item = create();
    for (const piece of item) written += piece.length;
    yield item;
  }
}

function* mix(): Generator<Item> {
  for (const largeBytes of [3 * MB, 100 * MB, 10 * MB, 30 * MB]) {
    yield* until(15 * MB, () => toolPart(mixedBytes()));
    yield toolPart(largeBytes);
  }
}

export const payloads = {
  /** About 500 bytes an item. */
  small: () => until(150 * MB, () => textPart(random() * 600)),
  /** Of the same kind, before anything is measured. */
  warmUp: () => until(12 * MB, () => textPart(random() * 600)),
  /** What agents write, up to 100 MB an item. */
  mix,
  /** Hardly any text, a token every few bytes. */
  dense: () => until(30 * MB, densePart),
  /** One item is one string of 500 MB. */
  string: () => [toolPart(500 * MB), textPart(100)],
} satisfies Record<string, () => Iterable<Item>>;

export type PayloadName = keyof typeof payloads;

/** Writes an array of the items. */
export async function writePayload(name: PayloadName, path: string): Promise<void> {
  const file = createWriteStream(path, { highWaterMark: MB });
  let separator = "[";
  for (const item of payloads[name]()) {
    for (const piece of [separator, ...item]) {
      if (!file.write(piece)) await once(file, "drain");
    }
    separator = ",";
  }
  file.end("]");
  await finished(file);
}
