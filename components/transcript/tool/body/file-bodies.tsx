import { languageOfPath } from "#components/highlight/languages.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { contentMembers } from "#lib/changes/count-call-changes.ts";
import { readNumber, readText } from "#lib/json.ts";
import { OutputBlock } from "../../output-block.tsx";
import { readNumbered } from "../read-numbered.ts";
import { readChanges } from "#lib/changes/read-changes.ts";
import { tellingMembers } from "#lib/changes/tool-action.ts";
import { InputFacts } from "./input-facts.tsx";
import { ToolResult, type BodyProps } from "./tool-result.tsx";

const READ_MEMBERS = [...tellingMembers("read"), "offset", "limit"];

/** A file, or a piece of one, with the numbers that its lines have in the file. */
export function ReadBody({ partId, call }: BodyProps) {
  const numbered = readNumbered(call.output);
  const isFolder = call.output.includes("<type>directory</type>");
  const language = isFolder ? null : languageOfPath(call.argument);
  const offset = readNumber(call.input, "offset") ?? readNumber(call.input, "start_line");
  return (
    <>
      <InputFacts call={call} told={READ_MEMBERS} />
      <ToolResult
        partId={partId}
        call={call}
        output={
          call.error === null && !isFolder ? (
            <>
              <OutputBlock
                label="File"
                text={numbered?.text ?? call.output}
                language={language}
                partId={partId}
                firstNumber={numbered?.firstNumber ?? Math.max(1, offset ?? 1)}
              />
              {numbered !== null && numbered.remark !== "" && (
                <p className="text-meta [overflow-wrap:anywhere] whitespace-pre-wrap text-faint">
                  {visibleText(numbered.remark.slice(0, 2_000))}
                </p>
              )}
            </>
          ) : undefined
        }
      />
    </>
  );
}

/** A file as it was written, unless it is shown as a change. */
export function WriteBody({ partId, call }: BodyProps) {
  const name = contentMembers.find((each) => readText(call.input, each) !== null);
  const hasChanges =
    readChanges({ tool: call.name, state: { metadata: call.metadata } }).length > 0;
  return (
    <>
      {name !== undefined && !hasChanges && (
        <OutputBlock
          label="File"
          text={readText(call.input, name) ?? ""}
          language={languageOfPath(call.argument)}
          partId={partId}
        />
      )}
      {call.error !== null && <ToolResult partId={partId} call={call} />}
    </>
  );
}
