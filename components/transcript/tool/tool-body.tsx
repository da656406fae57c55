"use client";

import type { JsonObject } from "#lib/json.ts";
import { Checklist } from "../checklist.tsx";
import { DiffView } from "../diff/diff-view.tsx";
import { RawToggle } from "../raw-toggle.tsx";
import { toolBodies } from "./body/tool-bodies.tsx";
import { readChanges } from "#lib/changes/read-changes.ts";
import { readTodos } from "./read-todos.ts";
import type { ToolCall } from "./read-tool.ts";

interface ToolBodyProps {
  partId: string;
  call: ToolCall;
  data: JsonObject;
}

/** An opened tool call: what went in and what came out, changes as diffs, and the raw JSON a press away. */
export function ToolBody({ partId, call, data }: ToolBodyProps) {
  const Body = toolBodies[call.action];
  const todos = call.action === "todo" ? readTodos(data) : [];
  const changes = readChanges(data);
  return (
    <div className="mt-1 mb-2 ml-2 flex min-w-0 flex-col gap-2 border-l border-line pl-4">
      <RawToggle data={data}>
        {todos.length > 0 && <Checklist entries={todos} />}
        {changes.map((change, index) => (
          <DiffView key={index} change={change} />
        ))}
        <Body partId={partId} call={call} />
      </RawToggle>
    </div>
  );
}
