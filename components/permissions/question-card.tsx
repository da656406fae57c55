"use client";

import type { AgentRequest } from "#lib/agent-request.ts";
import { getOwn } from "#lib/get-own.ts";
import { useFocusInvalid } from "#components/settings/use-focus-invalid.ts";
import { Button } from "#components/ui/button.tsx";
import { useHydrated } from "#components/ui/use-hydrated.ts";
import { QuestionField } from "./question-field.tsx";
import { problemWith } from "./question-problems.ts";
import { RequestCard } from "./request-card.tsx";
import { useNumberKeys } from "./use-number-keys.ts";
import { useQuestion } from "./use-question.ts";

interface QuestionCardProps {
  request: AgentRequest;
  /** The choices of its first field have the number keys. */
  isFirst: boolean;
}

/** A form that the agent wants filled in; it can be left unanswered. */
export function QuestionCard({ request, isFirst }: QuestionCardProps) {
  const isHydrated = useHydrated();
  const { draft, problems, error, isBusy, change, submit, decline } = useQuestion(request);
  const form = useFocusInvalid(problems.found);
  const { fields } = request;
  const numbered = fields.find(({ type }) => type === "choice");

  useNumberKeys(isFirst, (index) => {
    const option = numbered?.options[index];
    if (numbered && option) change(numbered.name, option.value);
  });

  return (
    <RequestCard request={request} error={error}>
      <form
        ref={form}
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
        className="flex flex-col gap-3"
      >
        {fields.map((field) => (
          <QuestionField
            key={field.name}
            field={field}
            value={getOwn(draft, field.name)}
            problem={problemWith(problems, field.name)}
            isNumbered={isFirst && field === numbered}
            isDisabled={isBusy}
            onChange={(value) => change(field.name, value)}
          />
        ))}
        <div className="flex flex-wrap gap-2">
          <Button type="submit" look="primary" disabled={!isHydrated || isBusy}>
            Answer
          </Button>
          <Button disabled={!isHydrated || isBusy} onClick={decline}>
            Do not answer
          </Button>
        </div>
      </form>
    </RequestCard>
  );
}
