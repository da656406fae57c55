import type { ComponentType } from "react";
import { Markdown } from "#components/markdown/markdown.tsx";
import { readText } from "#lib/json.ts";
import { tellingMembers, type ToolAction } from "#lib/changes/tool-action.ts";
import { DelegateBody } from "./delegate-body.tsx";
import { FetchBody } from "./fetch-body.tsx";
import { ReadBody, WriteBody } from "./file-bodies.tsx";
import { InputFacts } from "./input-facts.tsx";
import { QuestionBody } from "./question-body.tsx";
import { SearchBody } from "./search-body.tsx";
import { ShellBody } from "./shell-body.tsx";
import { ToolResult, type BodyProps } from "./tool-result.tsx";

/** One look for each thing that tools do; the plan and changes of files are drawn around them. */
export const toolBodies: Readonly<Record<ToolAction, ComponentType<BodyProps>>> = {
  execute: ShellBody,
  output: PlainBody,
  stop: PlainBody,
  read: ReadBody,
  look: PlainBody,
  write: WriteBody,
  edit: QuietBody,
  delete: QuietBody,
  move: PlainBody,
  search: SearchBody,
  find: PlainBody,
  list: PlainBody,
  inspect: PlainBody,
  fetch: FetchBody,
  lookup: FetchBody,
  delegate: DelegateBody,
  todo: TodoBody,
  plan: ProseBody,
  mode: PlainBody,
  question: QuestionBody,
  think: ProseBody,
  skill: PlainBody,
  remember: PlainBody,
  other: PlainBody,
};

/** Input and output as they are. */
function PlainBody({ partId, call }: BodyProps) {
  return (
    <>
      <InputFacts call={call} />
      <ToolResult partId={partId} call={call} />
    </>
  );
}

/** An output of one short line says no more than that it is done. */
const SILENT_MAX_LENGTH = 300;

/** What changed says it all: of the input nothing is left, of the output what is more than "done". */
function QuietBody({ partId, call }: BodyProps) {
  const isTold =
    call.status === "completed" &&
    call.output.length <= SILENT_MAX_LENGTH &&
    !call.output.trim().includes("\n");
  if (isTold && call.attachments.length === 0) return null;
  return <ToolResult partId={partId} call={call} isSilent />;
}

function TodoBody({ partId, call }: BodyProps) {
  return call.status === "error" ? <ToolResult partId={partId} call={call} /> : null;
}

/** A plan or a thought: prose in the input. */
function ProseBody({ partId, call }: BodyProps) {
  const members = ["plan", "thought", "summary", "content", ...tellingMembers("think")];
  const name = members.find((each) => readText(call.input, each) !== null);
  return (
    <>
      {name !== undefined && (
        <div className="text-label">
          <Markdown text={readText(call.input, name) ?? ""} />
        </div>
      )}
      <InputFacts call={call} told={name === undefined ? [] : [name]} />
      <ToolResult partId={partId} call={call} isSilent />
    </>
  );
}
