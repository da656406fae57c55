import clsx from "clsx";
import { CircleCheck, Circle } from "lucide-react";
import { isRecord } from "#lib/is-record.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { readList, readText, type JsonObject } from "#lib/json.ts";
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
        <InputFacts call={call} />
        <ToolResult partId={partId} call={call} />
      </>
    );
  }
  const chosen = questions.map((question, index) =>
    readChosen(answers[index], call.output, question),
  );
  const isAnswered = chosen.every(({ size }) => size > 0) && call.error === null;
  return (
    <>
      {questions.map((question, index) => (
        <Question key={index} question={question} chosen={chosen[index] ?? new Set()} />
      ))}
      {!isAnswered && <ToolResult partId={partId} call={call} />}
    </>
  );
}

function Question({ question, chosen }: { question: JsonObject; chosen: ReadonlySet<string> }) {
  const offered = [...readList(question, "options"), ...readList(question, "choices")];
  const labels = offered.map(readLabel);
  // An answer in words of one's own was not among them.
  const own = [...chosen].filter((each) => !labels.some((label) => each.includes(label)));
  return (
    <div className="flex flex-col gap-1 text-label">
      <p className="font-medium">{visibleText(readText(question, "question") ?? "")}</p>
      <ul className="flex flex-col gap-1">
        {offered.map((option, index) => (
          <Option
            key={index}
            label={labels[index] ?? ""}
            description={readText(option, "description") ?? ""}
            isChosen={chosen.has(labels[index] ?? "")}
          />
        ))}
        {own.map((label) => (
          <Option key={label} label={label} description="" isChosen />
        ))}
      </ul>
    </div>
  );
}

interface OptionProps {
  label: string;
  description: string;
  isChosen: boolean;
}

function Option({ label, description, isChosen }: OptionProps) {
  const Icon = isChosen ? CircleCheck : Circle;
  return (
    <li className="flex items-start gap-2">
      <Icon
        aria-label={isChosen ? "Chosen" : "Not chosen"}
        className={clsx("mt-0.5 size-4 shrink-0", isChosen ? "text-success" : "text-faint")}
      />
      <span className="min-w-0">
        {visibleText(label)} <span className="text-faint">{visibleText(description)}</span>
      </span>
    </li>
  );
}

const readLabel = (option: unknown): string =>
  typeof option === "string"
    ? option
    : (readText(option, "label") ?? readText(option, "value") ?? "");

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
