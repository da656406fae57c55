"use client";

import { Braces } from "lucide-react";
import { useState } from "react";
import { isRecord } from "#lib/is-record.ts";
import { formatCount } from "#components/format/format-count.ts";
import { readList, readText, type JsonObject } from "#components/session/json.ts";
import { DiffView } from "../diff/diff-view.tsx";
import type { FileDiff } from "../diff/file-diff.ts";
import { FilePart } from "../file-part.tsx";
import { OutputBlock } from "../output-block.tsx";
import { Checklist, readEntries } from "../checklist.tsx";
import type { ToolCall } from "./read-tool.ts";

interface ToolBodyProps {
  call: ToolCall;
  data: JsonObject;
  diffs: readonly FileDiff[];
}

/** An opened tool call: input and output apart, changes as diffs, and the raw JSON a press away. */
export function ToolBody({ call, data, diffs }: ToolBodyProps) {
  const [isRaw, setIsRaw] = useState(false);
  const omitted = Number(readOmitted(data));
  return (
    <div className="mt-1 mb-2 ml-2 flex flex-col gap-2 border-l border-line pl-4">
      {isRaw ? (
        <OutputBlock label="Raw JSON" text={JSON.stringify(data, null, 2)} />
      ) : (
        <>
          <Input call={call} hasDiffs={diffs.length > 0} />
          {diffs.map((diff, index) => (
            <DiffView key={index} diff={diff} />
          ))}
          {call.error !== null && call.error !== call.output && (
            <OutputBlock label="Error" text={call.error} isError />
          )}
          {call.output !== "" && (
            <OutputBlock label="Output" text={call.output} isError={call.error === call.output} />
          )}
          {call.output === "" &&
            call.error === null &&
            diffs.length === 0 &&
            call.action !== "todo" && (
              <p className="text-meta text-faint">
                {call.status === "completed" ? "No output." : "No output yet."}
              </p>
            )}
          {omitted > 0 && (
            <p className="text-meta text-warning">
              {formatCount(omitted, "character")} were left out of the middle before it was stored.
            </p>
          )}
          {call.attachments.filter(isRecord).map((file, index) => (
            <FilePart key={index} data={file} />
          ))}
        </>
      )}
      <button
        type="button"
        aria-pressed={isRaw}
        onClick={() => setIsRaw(!isRaw)}
        className="inline-flex items-center gap-1.5 self-start rounded text-meta text-faint hover:text-ink pointer-coarse:py-2"
      >
        <Braces aria-hidden className="size-3.5" />
        {isRaw ? "Formatted" : "Raw JSON"}
      </button>
    </div>
  );
}

/** The input, unless the card's line and the changes say everything already. */
function Input({ call, hasDiffs }: { call: ToolCall; hasDiffs: boolean }) {
  if (call.action === "todo")
    return <Checklist entries={readEntries(readList(call.input, "todos"))} />;
  const command = call.action === "execute" ? readText(call.input, "command") : null;
  if (command !== null) return <OutputBlock label="Command" text={command} />;
  const members = Object.keys(call.input);
  const isTold = members.length === 0 || hasDiffs || (members.length === 1 && call.argument !== "");
  return isTold ? null : <OutputBlock label="Input" text={JSON.stringify(call.input, null, 2)} />;
}

function readOmitted(data: JsonObject): unknown {
  const state = data["state"];
  const metadata = isRecord(state) ? state["metadata"] : null;
  return isRecord(metadata) ? (metadata["omittedCharacters"] ?? 0) : 0;
}
