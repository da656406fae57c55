import type { ReactNode } from "react";
import { Markdown } from "#components/markdown/markdown.tsx";
import { readList, readObject, readText, type JsonObject } from "#lib/json.ts";
import { textOf, type PartView } from "#components/session/session-view.ts";
import { Checklist } from "./checklist.tsx";
import { AgentName, ChangedFiles, Compaction, Failure, Notice, Retry } from "./event-lines.tsx";
import { StoredFile } from "./file-part.tsx";
import { StepUsage } from "./step-usage.tsx";
import { Subtask } from "./subtask.tsx";
import { readEntries } from "./tool/read-todos.ts";

type DrawPart = (part: PartView, data: JsonObject, isTurnRunning: boolean) => ReactNode;

const drawStep: DrawPart = () => <p className="text-meta text-faint">A step of the agent begins</p>;

/** How each kind of part looks that is always open; tools and reasoning open from a line of their own. */
export const partRenderers: ReadonlyMap<string, DrawPart> = new Map<string, DrawPart>([
  ["text", (part, data) => <Text part={part} data={data} />],
  ["plan", (_, data) => <Plan data={data} />],
  ["file", (part) => <StoredFile part={part} />],
  ["notice", (_, data) => <Notice data={data} />],
  [
    "compaction",
    (_, data, isTurnRunning) => <Compaction data={data} isTurnRunning={isTurnRunning} />,
  ],
  ["retry", (_, data) => <Retry data={data} />],
  ["error", (_, data) => <Failure data={data} />],
  ["subtask", (_, data) => <Subtask data={data} />],
  ["step-start", drawStep],
  ["snapshot", drawStep],
  ["step-finish", (_, data) => <StepUsage data={data} />],
  ["patch", (_, data) => <ChangedFiles data={data} />],
  ["agent", (_, data) => <AgentName data={data} />],
]);

/** A text that the agent meant as a notice to people looks like one. */
function Text({ part, data }: { part: PartView; data: JsonObject }) {
  const text = textOf(part);
  const notice = readObject(readObject(data, "metadata"), "notice");
  const saidByNotice = [readText(notice, "title"), readText(notice, "description")];
  const isNotice = text !== "" && saidByNotice.filter(Boolean).join("\n\n") === text;
  return isNotice ? <Notice data={notice} /> : <Markdown text={text} />;
}

function Plan({ data }: { data: JsonObject }) {
  return (
    <section aria-label="Plan" className="rounded border border-line bg-surface px-4 py-2.5">
      <Checklist entries={readEntries(readList(data, "entries"))} />
    </section>
  );
}
