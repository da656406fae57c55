import { expect, test } from "vitest";
import { scan, type Scan } from "./testing/scan.ts";
import { createRandom } from "#lib/testing/create-random.ts";
import { RandomDocuments } from "./testing/random-document.ts";

const DOCUMENTS = 20_000;
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);

/** Legal JSON that is no document of ours ends with one of these. */
const formFaults = [
  "no_data",
  "data_not_array",
  "data_twice",
  "messages_not_array",
  "messages_twice",
  "not_container",
];

test(
  "accepts what JSON.parse accepts, and nothing else, however it is cut",
  { timeout: 120_000 },
  async () => {
    const random = createRandom(seed);
    const documents = new RandomDocuments(random);
    for (let count = 0; count < DOCUMENTS; count += 1) {
      const valid = documents.document();
      const text = count % 4 === 0 ? valid : documents.mutate(valid);
      const longest = documents.integer(2) === 0 ? 4 : 200;
      const result = await scan(text, () => 1 + documents.integer(longest));
      expect(findMismatch(text, result), `seed ${seed}: ${text}`).toBeNull();
    }
  },
);

/** What of the result JSON.parse contradicts. */
function findMismatch(text: string, { fault, items, elements, ...result }: Scan): string | null {
  const value = parse(text);
  const isLines = result.progress?.format === "ndjson" || fault?.["fault"] === "no_data";
  const isBroken = result.skipped.some(({ reason }) => reason.startsWith("The line is not JSON"));
  // Lines are cut where the format says so, also within what would be JSON.
  if (isLines && (text.includes("\n") || (value === undefined && isBroken))) return null;
  if (value === undefined) return fault === null ? "accepted what is no JSON" : null;
  if (isBroken) return "a broken line";
  if (fault !== null && !formFaults.includes(String(fault["fault"]))) return "refused";
  const bytes = Buffer.from(text);
  for (const { body, offset, byteLength, envelope } of items) {
    if (parse(body) === undefined) return `the body ${body}`;
    if (envelope !== undefined && Object.keys(parse(envelope) ?? {}).length === 0)
      return `the envelope ${envelope}`;
    const element = bytes.subarray(offset, offset + byteLength).toString("utf8");
    if (parse(element) === undefined || !element.includes(body)) return `the element ${element}`;
  }
  // More where a member came twice: JSON.parse shows its last value only.
  const isShort = Array.isArray(value) && elements.length < countElements(value);
  return isShort ? "too few elements" : null;
}

/** What an array of elements should give, item or skip. */
function countElements(elements: unknown[]): number {
  return elements.reduce<number>((sum, element) => sum + countItems(element), 0);
}

function countItems(element: unknown): number {
  if (typeof element !== "object" || element === null || Array.isArray(element)) return 1;
  const form = Object.keys(element).find((key) => ["type", "data", "info", "parts"].includes(key));
  if (form === undefined || form === "type" || form === "data") return 1;
  const { parts } = element as { parts?: unknown };
  if (parts === undefined) return 1;
  return 1 + (Array.isArray(parts) ? parts.length : 1);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
