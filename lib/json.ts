import { isRecord } from "./is-record.ts";

/** What agents send is theirs: every member is read as if it could be anything. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The member as an object; an empty one when it is anything else. */
export function readObject(value: unknown, name: string): JsonObject {
  const member = isRecord(value) ? value[name] : undefined;
  return isRecord(member) ? member : {};
}

/** The member as a text; null when it is anything else or empty. */
export function readText(value: unknown, name: string): string | null {
  const member = isRecord(value) ? value[name] : undefined;
  return typeof member === "string" && member !== "" ? member : null;
}

export function readNumber(value: unknown, name: string): number | null {
  const member = isRecord(value) ? value[name] : undefined;
  return typeof member === "number" && Number.isFinite(member) ? member : null;
}

export function readList(value: unknown, name: string): readonly unknown[] {
  const member = isRecord(value) ? value[name] : undefined;
  return Array.isArray(member) ? member : [];
}

/** Null when the text is not JSON or not an object. */
export function parseObject(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}
