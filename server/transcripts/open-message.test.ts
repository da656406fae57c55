import { expect, test } from "vitest";
import { ElementQueue } from "./element-queue.ts";
import { noteUsage } from "./open-message.ts";
import { TranscriptItems } from "./transcript-items.ts";

const tokens = (count: number) => ({
  input: count,
  output: 2 * count,
  reasoning: 3 * count,
  cache: { read: 4 * count, write: 5 * count },
});

test("each of very many steps counts as it was told last, and few of them are held", () => {
  const items = new TranscriptItems(new ElementQueue(1_000), { source: "s", sessionId: "ses_1" });
  const message = items.open({ key: "m", role: "assistant", timeMs: 0 });
  for (let step = 0; step < 1_000; step += 1)
    for (const count of [1, 7, 5]) noteUsage(message, `s${step}`, tokens(count));
  expect(message.info.tokens).toEqual(tokens(5_000));
  expect(message.steps.size).toBeLessThan(20);
});
