import { CircleCheck, Circle } from "lucide-react";
import { isRecord } from "#lib/is-record.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { readList, readText, type JsonObject } from "#components/session/json.ts";
import { InputFacts } from "./input-facts.tsx";
import { ToolResult, type BodyProps } from "./tool-result.tsx";

/** What the agent asked, what could be chosen, and what was. */
export function QuestionBody({ partId, call }: BodyProps) {
  const listed = readList(call.input, "questions").filter(isRecord);
  const questions = listed.length > 0 ? listed : [call.input];
  const answers = readList(call.metadata, "answers");
  const isRead = questions.every((question) => readText(question, "question") !== null);
  if (!isRead) {
    return (
      <>
        <InputFacts input={call.input} />
        <ToolResult partId={partId} call={call} />
      </>
    );
  }
  return (
    <>
      {questions.map((question, index) => (
        <Question
          key={index}
          question={question}
          chosen={readChosen(answers[index], call.output, question)}
        />
      ))}
      <ToolResult partId={partId} call={call} />
    </>
  );
}

function Question({ question, chosen }: { question: JsonObject; chosen: ReadonlySet<string> }) {
  const options = readList(question, "options").concat(readList(question, "choices"));
  return (
    <div className="flex flex-col gap-1 text-label">
      <p className="font-medium">{visibleText(readText(question, "question") ?? "")}</p>
      <ul className="flex flex-col gap-1">
        {options.map((option, index) => {
          const label =
            typeof option === "string"
              ? option
              : (readText(option, "label") ?? readText(option, "value") ?? "");
          const isChosen = chosen.has(label);
          const Icon = isChosen ? CircleCheck : Circle;
          return (
            <li key={index} className="flex items-start gap-2">
              <Icon
                aria-label={isChosen ? "Chosen" : "Not chosen"}
                className={
                  isChosen
                    ? "mt-0.5 size-4 shrink-0 text-success"
                    : "mt-0.5 size-4 shrink-0 text-faint"
                }
              />
              <span className="min-w-0">
                {visibleText(label)}
                <span className="text-faint">
                  {" "}
                  {visibleText(readText(option, "description") ?? "")}
                </span>
              </span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

/** As the agent stored the answers, or as its output quotes them: `"Which one?"="The first, The second"`. */
function readChosen(answer: unknown, output: string, question: JsonObject): ReadonlySet<string> {
  if (Array.isArray(answer)) return new Set(answer.map(String));
  if (typeof answer === "string") return new Set([answer]);
  const asked = `"${readText(question, "question") ?? ""}"="`;
  const start = output.indexOf(asked);
  if (start === -1) return new Set();
  const value =
    output.slice(start + asked.length, start + asked.length + 2_000).split('"')[0] ?? "";
  return new Set([value, ...value.split(", ")]);
}
