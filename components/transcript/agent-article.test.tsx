import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { message, textPart, viewOf } from "#components/session/testing/live-events.ts";
import { AgentArticle } from "./agent-article.tsx";
import { buildTurns } from "./build-turns.ts";

const tool = (partId: string, seq: number) =>
  textPart(partId, seq, { type: "tool", tool: "bash", state: { status: "running" } });
const draw = (...parts: Parameters<typeof viewOf>) => {
  const [turn] = buildTurns(viewOf(message("msg_1", 1), ...parts)).turns;
  return renderToStaticMarkup(<AgentArticle turn={turn!} isRunning={false} />);
};
const summary = /<button[^>]*>(?:(?!<\/button>).)*Worked/;

test("work folds behind its answer", () => {
  const html = draw(tool("prt_1", 2), textPart("prt_2", 3, "Done"));
  expect(html).toMatch(summary);
  expect(html).not.toContain("Did not finish");
});

test("work that no answer followed stands open, and its line opens nothing (#4)", () => {
  const html = draw(textPart("prt_1", 2, "I look"), tool("prt_2", 3));
  expect(html).not.toMatch(summary);
  expect(html).toContain("Worked");
  expect(html).toContain("1 tool");
  expect(html).toContain("Did not finish");
  expect(html).not.toContain("Running");
});

test("that the agent shortened its memory stays in sight when its work is folded (#7)", () => {
  const compaction = textPart("prt_2", 3, { type: "compaction", status: "completed" });
  const html = draw(tool("prt_1", 2), compaction, tool("prt_3", 4), textPart("prt_4", 5, "Done"));
  expect(html).toMatch(summary);
  expect(html).toContain("shortened its memory of everything above");
  expect(html).not.toContain("Did not finish");
});
