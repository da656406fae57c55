import { isRecord } from "#lib/is-record.ts";
import { Markdown } from "#components/markdown/markdown.tsx";
import { visibleText } from "#components/format/visible-text.ts";
import { readList, readObject, readText, type JsonObject } from "#lib/json.ts";
import { Disclosure } from "../../disclosure.tsx";
import { SubSession } from "../../sub-session/sub-session.tsx";
import { toolIcons } from "../tool-icon.tsx";
import { toolAction, toolVerb } from "#lib/changes/tool-action.ts";
import { InputFacts } from "./input-facts.tsx";
import { ToolResult, type BodyProps } from "./tool-result.tsx";

/** More of an answer is shown as plain text. UTF-16 units. */
const PROSE_MAX_LENGTH = 100_000;
const PROMPT_MEMBERS = ["prompt", "message", "objective", "task"];
const STEPS_MAX = 200;

/** Work that another agent did: what it was told, its steps where they are known, its session, its answer. */
export function DelegateBody({ partId, call }: BodyProps) {
  const name = PROMPT_MEMBERS.find((each) => readText(call.input, each) !== null);
  const prompt = name === undefined ? null : readText(call.input, name);
  const steps = readList(call.metadata, "summary").filter(isRecord);
  const answer = readAnswer(call.output);
  return (
    <>
      <InputFacts call={call} told={[...PROMPT_MEMBERS, "description"]} />
      {prompt !== null && (
        <Disclosure summary={<span className="flex-1 text-faint">What it was told</span>}>
          <div className="mb-2 border-l border-line pl-4 text-label text-soft">
            <Markdown text={prompt} />
          </div>
        </Disclosure>
      )}
      {steps.length > 0 && <Steps steps={steps} />}
      <SubSession
        partId={partId}
        name={readText(call.metadata, "sessionId") ?? readText(call.metadata, "sessionID") ?? ""}
        isRunning={call.status === "running"}
      />
      <ToolResult
        partId={partId}
        call={call}
        output={
          call.error === null && answer.length <= PROSE_MAX_LENGTH ? (
            <div
              role="group"
              aria-label="Answer"
              tabIndex={0}
              className="max-h-[60dvh] overflow-auto rounded-sm bg-sunken px-3 py-2 text-label"
            >
              <Markdown text={answer} />
            </div>
          ) : undefined
        }
      />
    </>
  );
}

/** What stands between the tags that OpenCode and Kilo put around an answer. */
function readAnswer(output: string): string {
  const match = /<task_result>\n?([\s\S]*?)\n?<\/task_result>/.exec(output);
  return match?.[1] ?? output;
}

function Steps({ steps }: { steps: readonly JsonObject[] }) {
  return (
    <ol aria-label="Steps" className="flex flex-col gap-1 text-label">
      {steps.slice(0, STEPS_MAX).map((step, index) => {
        const name = readText(step, "tool") ?? "tool";
        const state = readObject(step, "state");
        const action = toolAction(name, null);
        const Icon = toolIcons[action];
        return (
          <li key={index} className="flex min-w-0 items-center gap-2">
            <Icon aria-hidden className="size-4 shrink-0 text-faint" />
            <span className="shrink-0">
              {visibleText(
                toolVerb(action, { name, hasEnded: readText(state, "status") === "completed" }),
              )}
            </span>
            <span className="truncate text-faint">
              {visibleText((readText(state, "title") ?? "").slice(0, 400))}
            </span>
          </li>
        );
      })}
      {steps.length > STEPS_MAX && (
        <li className="text-meta text-faint">and {steps.length - STEPS_MAX} more</li>
      )}
    </ol>
  );
}
