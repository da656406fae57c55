import { visibleText } from "#components/format/visible-text.ts";
import { OutputBlock } from "../../output-block.tsx";
import { prettyJson } from "../../pretty-json.ts";
import type { ToolCall } from "../read-tool.ts";

interface InputFactsProps {
  call: ToolCall;
  /** Members that are shown elsewhere; so is what the card's line shows. */
  told?: readonly string[];
}

const FACT_MAX_LENGTH = 200;
const MEMBERS_MAX = 40;

/** The input member by member: short values in one list, texts and structures in boxes of their own. */
export function InputFacts({ call, told = [] }: InputFactsProps) {
  const members = Object.entries(call.input).filter(
    ([name, value]) => !told.includes(name) && value !== call.argument,
  );
  const facts = members.filter(([, value]) => isFact(value)).slice(0, MEMBERS_MAX);
  const boxes = members.filter(([, value]) => !isFact(value));
  return (
    <>
      {facts.length > 0 && (
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-0.5 text-meta">
          {facts.map(([name, value]) => (
            <div key={name} className="contents">
              <dt className="text-faint">{visibleText(name)}</dt>
              <dd className="font-mono [overflow-wrap:anywhere] text-soft">
                {visibleText(String(value))}
              </dd>
            </div>
          ))}
        </dl>
      )}
      {boxes.slice(0, MEMBERS_MAX).map(([name, value]) => (
        <div key={name} className="flex min-w-0 flex-col gap-1">
          <p className="text-meta text-faint">{visibleText(name)}</p>
          <OutputBlock
            label={`Input ${visibleText(name)}`}
            text={typeof value === "string" ? value : prettyJson(value).text}
            language={typeof value === "string" ? null : "json"}
          />
        </div>
      ))}
      {members.length > facts.length + Math.min(boxes.length, MEMBERS_MAX) && (
        <p className="text-meta text-faint">Not all of the input is shown; the raw JSON has all.</p>
      )}
    </>
  );
}

function isFact(value: unknown): boolean {
  if (typeof value === "string") return value.length <= FACT_MAX_LENGTH && !value.includes("\n");
  if (Array.isArray(value))
    return (
      value.length > 0 &&
      value.every((each) => typeof each === "string" && each.length < 60) &&
      value.length <= 4
    );
  return value === null || typeof value === "number" || typeof value === "boolean";
}
