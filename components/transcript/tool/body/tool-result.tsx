import { isRecord } from "#lib/is-record.ts";
import { formatCount } from "#components/format/format-count.ts";
import { readNumber } from "#lib/json.ts";
import { FilePart } from "../../file-part.tsx";
import { OutputBlock } from "../../output-block.tsx";
import type { ToolCall } from "../read-tool.ts";

/** What the body of a tool call gets. */
export interface BodyProps {
  /** Of the part: names lines in the address. */
  partId: string;
  call: ToolCall;
}

interface ToolResultProps extends BodyProps {
  /** Another look for the output than that of a terminal. */
  output?: React.ReactNode;
  /** Nothing came out, and nobody would expect it to. */
  isSilent?: boolean;
}

/** What came out of a call: its error, its output, its files. */
export function ToolResult({ partId, call, output, isSilent = false }: ToolResultProps) {
  const omittedCount = readNumber(call.metadata, "omittedCharacters") ?? 0;
  const isEmpty = call.output === "" && call.error === null && call.attachments.length === 0;
  return (
    <>
      {call.error !== null && call.error !== call.output && (
        <OutputBlock label="Error" text={call.error} isError />
      )}
      {call.output !== "" &&
        (output ?? (
          <OutputBlock
            label="Output"
            text={call.output}
            partId={partId}
            isError={call.error === call.output}
          />
        ))}
      {isEmpty && !isSilent && (
        <p className="text-meta text-faint">
          {call.status === "completed" ? "No output." : "No output yet."}
        </p>
      )}
      {omittedCount > 0 && (
        <p className="text-meta text-warning">
          {formatCount(omittedCount, "character")} were left out of the middle before it was stored.
        </p>
      )}
      {call.attachments.filter(isRecord).map((file, index) => (
        <FilePart key={index} data={file} />
      ))}
    </>
  );
}
