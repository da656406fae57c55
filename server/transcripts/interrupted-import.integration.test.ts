import { expect, test } from "vitest";
import { ingestItems } from "#server/ingest/ingest-items.ts";
import { readDocument } from "#server/ingest/read-document.ts";
import type { ScannedElement } from "#server/ingest/scanner/scanned-element.ts";
import { useIngest } from "#server/ingest/testing/use-ingest.ts";
import { loadFixture } from "./testing/read-fixture.ts";

const ingest = useIngest({ isIdle: true });

async function* upTo(
  elements: AsyncIterable<ScannedElement[]>,
  count: number,
): AsyncGenerator<ScannedElement[]> {
  for await (const batch of elements) {
    yield batch.filter(({ index }) => index < count);
    if ((batch.at(-1)?.index ?? 0) >= count) throw new Error("The process ends here");
  }
}

async function ingestFrom(name: string, { ends = [] as number[] } = {}) {
  const { body } = await ingest.ask("POST", "/api/v1/sessions", {
    body: "{}",
    headers: { "content-type": "application/json" },
  });
  const { sessionId } = body;
  const document = await loadFixture(name);
  const pass = async (count: number) => {
    const source = async function* () {
      yield document;
    };
    const { elements } = readDocument(source(), { encoding: "identity", sessionId });
    const target = { sessionId, generation: 1, received: 1, elements: upTo(elements, count) };
    await ingestItems(ingest.services(), target);
  };
  for (const end of ends) await pass(end).catch(() => {});
  await pass(Infinity);
  const items = await ingest.storedItems(sessionId);
  return items.map(({ body: text, ...item }) => ({
    type: item.type,
    messageId: item.messageId,
    partId: item.partId,
    body: text?.replaceAll(sessionId, "ses_"),
  }));
}

const byId = (items: Awaited<ReturnType<typeof ingestFrom>>) =>
  items.map((item) => JSON.stringify(item)).toSorted();

test.each(["claude-question.jsonl", "codex-patch.jsonl", "gemini-lines.jsonl"])(
  "%s that was interrupted anywhere, several times, ends as one that was not",
  async (name) => {
    const whole = await ingestFrom(name);
    const interrupted = await ingestFrom(name, { ends: [1, 2, 5, 11, 17, 3] });
    expect(byId(interrupted)).toEqual(byId(whole));
  },
);
