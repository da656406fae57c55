"use client";

import { useState } from "react";
import type { AgentRequest } from "#lib/agent-request.ts";
import { Button } from "#components/ui/button.tsx";
import { ErrorText } from "#components/ui/field.tsx";
import { useHydrated } from "#components/ui/use-hydrated.ts";
import { readDraft, type QuestionDraft } from "./question-content.ts";
import { QuestionField } from "./question-field.tsx";
import { RequestCard } from "./request-card.tsx";
import { useAnswer } from "./use-answer.ts";
import { useNumberKeys } from "./use-number-keys.ts";

interface QuestionCardProps {
  request: AgentRequest;
  /** The choices of its first field have the number keys. */
  isFirst: boolean;
}

/** A form that the agent wants filled in; it can be left unanswered. */
export function QuestionCard({ request, isFirst }: QuestionCardProps) {
  const isHydrated = useHydrated();
  const { answer, isBusy, error } = useAnswer(request.requestId);
  const [draft, setDraft] = useState<QuestionDraft>({});
  const [problem, setProblem] = useState<string | null>(null);
  const { fields } = request;
  const numbered = fields.find(({ type }) => type === "choice");

  function change(name: string, value: QuestionDraft[string]) {
    setProblem(null);
    setDraft((current) => ({ ...current, [name]: value }));
  }

  useNumberKeys(isFirst, (index) => {
    const option = numbered?.options[index];
    if (numbered && option) change(numbered.name, option.value);
  });

  function submit() {
    const read = readDraft(fields, draft);
    if (read.problem === null) answer({ content: read.content });
    else setProblem(read.problem);
  }

  return (
    <RequestCard request={request} error={error}>
      <form
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
            value={draft[field.name]}
            isNumbered={isFirst && field === numbered}
            isDisabled={isBusy}
            onChange={(value) => change(field.name, value)}
          />
        ))}
        {problem !== null && (
          <p className="text-meta">
            <ErrorText>{problem}</ErrorText>
          </p>
        )}
        <div className="flex flex-wrap gap-2">
          <Button type="submit" look="primary" disabled={!isHydrated || isBusy}>
            Answer
          </Button>
          <Button disabled={!isHydrated || isBusy} onClick={() => answer({ content: null })}>
            Do not answer
          </Button>
        </div>
      </form>
    </RequestCard>
  );
}
