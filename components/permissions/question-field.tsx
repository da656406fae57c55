import { useId, type ReactNode } from "react";
import type { RequestField } from "#lib/agent-request.ts";
import { describeWanted } from "#lib/find-misfit.ts";
import { ANSWER_MAX_CHARACTERS } from "#lib/limits.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { ErrorText, Field } from "#components/ui/field.tsx";
import type { QuestionDraft } from "./question-content.ts";

interface QuestionFieldProps {
  field: RequestField;
  value: QuestionDraft[string] | undefined;
  /** What is wrong with it; null when nothing is known to be. */
  problem: string | null;
  /** Its choices have the number keys. */
  isNumbered: boolean;
  isDisabled: boolean;
  onChange: (value: QuestionDraft[string]) => void;
}

/** One thing that an agent wants to know. */
export function QuestionField(props: QuestionFieldProps) {
  const { field, value, problem, isDisabled, onChange } = props;
  switch (field.type) {
    case "choice":
    case "choices":
      return <Choices {...props} />;
    case "boolean":
      return (
        <label className="flex items-start gap-2 text-label pointer-coarse:min-h-11">
          <input
            type="checkbox"
            aria-invalid={problem !== null}
            checked={value === true}
            disabled={isDisabled}
            onChange={(event) => onChange(event.target.checked)}
            className="mt-1 shrink-0 accent-(--accent)"
          />
          <FieldWords field={field} problem={problem} />
        </label>
      );
    default:
      return <TextField {...props} />;
  }
}

function TextField({ field, value, problem, isDisabled, onChange }: QuestionFieldProps) {
  const id = useId();
  const hint = hintOf(field);
  return (
    <Field
      label={visibleText(field.title ?? field.name)}
      controlId={id}
      hint={hint}
      error={problem}
    >
      <textarea
        id={id}
        aria-describedby={hint === null && problem === null ? undefined : `${id}-note`}
        aria-invalid={problem !== null}
        aria-required={field.isRequired}
        inputMode={inputModeOf(field)}
        disabled={isDisabled}
        rows={1}
        maxLength={ANSWER_MAX_CHARACTERS}
        value={typeof value === "string" ? value : ""}
        onChange={(event) => onChange(event.target.value)}
        className="field field-sizing-content max-h-40 min-h-9 resize-none px-3 py-1.5 text-label pointer-coarse:min-h-11"
      />
    </Field>
  );
}

function inputModeOf({ type, format }: RequestField) {
  if (type !== "text") return "decimal";
  return format === "email" ? "email" : format === "uri" ? "url" : undefined;
}

/** In the agent's words, and what it wants the answer to be. */
function hintOf(field: RequestField): string | null {
  const words = [field.description, describeWanted(field)].filter((each) => each !== null);
  return words.length === 0 ? null : visibleText(words.join(" · "));
}

function Choices({ field, value, problem, isNumbered, isDisabled, onChange }: QuestionFieldProps) {
  const id = useId();
  const isSingle = field.type === "choice";
  const chosen = typeof value === "object" ? value : [];
  const toggle = (choice: string) =>
    chosen.includes(choice) ? chosen.filter((each) => each !== choice) : [...chosen, choice];
  return (
    <fieldset disabled={isDisabled} className="flex flex-col gap-1">
      <legend className="mb-1 text-label">
        <FieldWords field={field} problem={problem} />
      </legend>
      {field.options.map((option, index) => (
        <label
          key={option.value}
          className="flex items-start gap-2 rounded px-1 text-label hover:bg-hover pointer-coarse:min-h-11"
        >
          <input
            type={isSingle ? "radio" : "checkbox"}
            name={id}
            aria-invalid={problem !== null}
            checked={isSingle ? value === option.value : chosen.includes(option.value)}
            onChange={() => onChange(isSingle ? option.value : toggle(option.value))}
            className="mt-1 shrink-0 accent-(--accent)"
          />
          {isNumbered && index < 9 && <Key>{index + 1}</Key>}
          <span className="min-w-0 [overflow-wrap:anywhere]">{visibleText(option.title)}</span>
        </label>
      ))}
    </fieldset>
  );
}

function FieldWords({ field, problem }: Pick<QuestionFieldProps, "field" | "problem">) {
  const hint = hintOf(field);
  return (
    <span className="min-w-0 [overflow-wrap:anywhere]">
      <span className="font-medium">{visibleText(field.title ?? field.name)}</span>
      {hint !== null && <span className="block text-meta text-faint">{hint}</span>}
      {problem !== null && (
        <span className="block text-meta">
          <ErrorText>{problem}</ErrorText>
        </span>
      )}
    </span>
  );
}

const Key = ({ children }: { children: ReactNode }) => (
  <kbd aria-hidden className="mt-0.5 font-mono text-meta text-faint pointer-coarse:hidden">
    {children}
  </kbd>
);
