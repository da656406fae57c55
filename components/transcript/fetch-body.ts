import { parseCutJson } from "#lib/parse-cut-json.ts";
import { parseObject, type JsonObject } from "#lib/json.ts";

export interface FetchedBody {
  value: JsonObject;
  /** UTF-8 bytes of the JSON text that were read. */
  byteCount: number;
}

/** All of a body. Throws when it is not answered, or not a JSON object. */
export async function fetchBody(url: string, signal: AbortSignal): Promise<FetchedBody> {
  const response = await getBody(url, signal);
  const bytes = await response.arrayBuffer();
  const value = parseObject(new TextDecoder().decode(bytes));
  if (value === null) throw new Error("The body is not a JSON object");
  return { value, byteCount: bytes.byteLength };
}

/** The first `maxBytes` of a body as far as they can be read; the rest is not fetched. Throws like `fetchBody`. */
export async function fetchBeginning(
  url: string,
  { maxBytes, signal }: { maxBytes: number; signal: AbortSignal },
): Promise<FetchedBody> {
  const response = await getBody(url, signal);
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let byteCount = 0;
  for (let isDone = reader === undefined; !isDone && byteCount < maxBytes;) {
    const chunk = await reader?.read();
    isDone = chunk?.done ?? true;
    text += decoder.decode(chunk?.value, { stream: true });
    byteCount += chunk?.value?.byteLength ?? 0;
  }
  await reader?.cancel();
  const value = parseCutJson(text);
  if (value === null) throw new Error("The body is not a JSON object");
  return { value, byteCount };
}

async function getBody(url: string, signal: AbortSignal): Promise<Response> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`The body was answered with ${response.status}`);
  return response;
}
