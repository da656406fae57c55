import { isRecord } from "#lib/is-record.ts";
import { parseObject, type JsonObject } from "#lib/json.ts";
import { PREVIEW_MAX_BYTES } from "#lib/limits.ts";
import { cutPreview } from "./cut-preview.ts";
import { endOfValue, parseSlice, skipSpace, walkMembers } from "./read-members.ts";

const OPEN_BRACE = 0x7b;

/** A larger value is content. */
const VALUE_MAX_BYTES = 256;
/** Of the head; an object inside it has half of what the one around it has. */
const HEAD_MAX_BYTES = 2_048;
const DEPTH_MAX = 4;
/** Members that are kept while an object is read, beside those that must be. */
const MEMBERS_MAX = 64;
/** What an item is comes first, and is there however many other members there are. */
const FIRST_NAMES = ["type", "tool", "synthetic", "ignored", "role", "status", "time", "state"];

/**
 * The small members of a body above the size of a preview, and those of the objects in it, as a JSON object that begins
 * with `type` where there is one; null for smaller bodies, and for what is no object. Reads the body once, and holds
 * little; never throws.
 */
export function readItemHead(body: Buffer): string | null {
  if (body.byteLength <= PREVIEW_MAX_BYTES) return null;
  const start = skipSpace(body, 0);
  return body[start] === OPEN_BRACE ? readSmall(body, start, 0).text : null;
}

interface Small {
  /** JSON text; null for a value that is neither small nor holds anything small. */
  text: string | null;
  /** Position behind the value. */
  end: number;
}

/** Of the object that opens at `from`. */
function readSmall(json: Buffer, from: number, depth: number): Small {
  const found = new Map<string, string>();
  const end = walkMembers(json, from, ({ name, valueStart }) => {
    const isKept =
      name !== null &&
      name.length <= VALUE_MAX_BYTES &&
      (found.size < MEMBERS_MAX || FIRST_NAMES.includes(name) || found.has(name));
    if (!isKept) return endOfValue(json, valueStart);
    const value = readValue(json, valueStart, depth);
    // Of equal names the last one counts.
    if (value.text === null) found.delete(name);
    else found.set(name, value.text);
    return value.end;
  });
  const text = joinMembers(found, HEAD_MAX_BYTES >> depth);
  return { text, end: end ?? endOfValue(json, from) };
}

function readValue(json: Buffer, start: number, depth: number): Small {
  const isObject = json[start] === OPEN_BRACE && depth + 1 < DEPTH_MAX;
  const inner = isObject ? readSmall(json, start, depth + 1) : null;
  const end = inner?.end ?? endOfValue(json, start);
  if (end - start > VALUE_MAX_BYTES)
    return { text: inner === null || inner.text === "{}" ? null : inner.text, end };
  const value = parseSlice(json, start, end);
  return { text: value === undefined ? null : JSON.stringify(value), end };
}

function joinMembers(found: ReadonlyMap<string, string>, maxBytes: number): string {
  const rankOf = (name: string) => {
    const rank = FIRST_NAMES.indexOf(name);
    return rank === -1 ? FIRST_NAMES.length : rank;
  };
  const members: string[] = [];
  let byteCount = 2;
  for (const [name, value] of [...found].toSorted(([a], [b]) => rankOf(a) - rankOf(b))) {
    const member = `${JSON.stringify(name)}:${value}`;
    const size = Buffer.byteLength(member) + 1;
    if (byteCount + size > maxBytes) continue;
    byteCount += size;
    members.push(member);
  }
  return `{${members.join(",")}}`;
}

/**
 * The beginning of a body, at most `PREVIEW_MAX_BYTES`, in which nothing of its head is missing: what stands behind the
 * beginning is put before it. The text stays cut where the beginning was, or before. Without a head, or where the
 * beginning holds all of it, it is the beginning as it stands.
 */
export function makePreview(beginning: string, head: string | null): string {
  const cut = Buffer.from(cutPreview(Buffer.from(beginning)));
  const small = head === null ? null : parseObject(head);
  const start = skipSpace(cut, 0);
  if (small === null || cut[start] !== OPEN_BRACE || holdsAll(cut, start, small))
    return cut.toString("utf8");
  return cutPreview(Buffer.from(putBefore(cut, start, small)));
}

function holdsAll(cut: Buffer, from: number, head: JsonObject): boolean {
  const missing = new Set(Object.keys(head));
  walkMembers(cut, from, ({ name, valueStart }) => {
    const end = endOfValue(cut, valueStart);
    if (name === null || !Object.hasOwn(head, name)) return end;
    const small = head[name];
    const isThere =
      isRecord(small) && cut[valueStart] === OPEN_BRACE
        ? holdsAll(cut, valueStart, small)
        : JSON.stringify(parseSlice(cut, valueStart, end)) === JSON.stringify(small);
    if (isThere) missing.delete(name);
    else missing.add(name);
    return end;
  });
  return missing.size === 0;
}

/** `from` is where the object opens; it is left open when it does not end. */
function putBefore(cut: Buffer, from: number, head: JsonObject): string {
  const missing = new Map(Object.entries(head));
  const members: string[] = [];
  const closedAt = walkMembers(cut, from, ({ name, start, valueStart }) => {
    const end = endOfValue(cut, valueStart);
    const small = name !== null && Object.hasOwn(head, name) ? head[name] : undefined;
    if (name === null || small === undefined) {
      members.push(cut.toString("utf8", start, end));
    } else if (isRecord(small) && cut[valueStart] === OPEN_BRACE) {
      missing.delete(name);
      const inner = putBefore(cut, valueStart, small);
      members.push(cut.toString("utf8", start, valueStart) + inner);
    }
    return end;
  });
  const first = [...missing].map(
    ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
  );
  return `{${[...first, ...members].join(",")}${closedAt === null ? "" : "}"}`;
}
