import { visibleText } from "#components/format/visible-text.ts";
import { readText } from "#lib/json.ts";
import { OutputBlock } from "../../output-block.tsx";
import { readCommand } from "../read-tool.ts";
import { tellingMembers } from "#lib/changes/tool-action.ts";
import { InputFacts } from "./input-facts.tsx";
import { ToolResult, type BodyProps } from "./tool-result.tsx";

/** A command and what the terminal showed. */
export function ShellBody({ partId, call }: BodyProps) {
  const command = readCommand(call.input);
  const description = readText(call.input, "description") ?? readText(call.input, "justification");
  return (
    <>
      {description !== null && <p className="text-label text-soft">{visibleText(description)}</p>}
      {command !== null && <OutputBlock label="Command" text={command} language="bash" />}
      <InputFacts
        call={call}
        told={[...tellingMembers("execute"), "description", "justification"]}
      />
      <ToolResult partId={partId} call={call} />
    </>
  );
}
