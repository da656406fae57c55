"use client";

import { useMemo, useState } from "react";
import type { AgentRequest } from "#lib/agent-request.ts";
import { getOwn } from "#lib/get-own.ts";
import { readError } from "#components/api/read-error.ts";
import { useFocusInvalid } from "#components/settings/use-focus-invalid.ts";
import { Button } from "#components/ui/button.tsx";
import { useHydrated } from "#components/ui/use-hydrated.ts";
import {
  readDraft,
  readRefusal,
  startDraft,
  type QuestionDraft,
  type QuestionProblems,
} from "./question-content.ts";
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
  const { answer, isBusy, error, forget } = useAnswer(request.requestId);
  const { fields } = request;
  const [draft, setDraft] = useState<QuestionDraft>(() => startDraft(fields));
  const [found, setFound] = useState<QuestionProblems>({});
  // The same object for the same error: the focus goes to a field once.
  const refused = useMemo(
    () => (error === null ? {} : readRefusal(readError(error), fields)),
    [error, fields],
  );
  const problems = useMemo(() => ({ ...refused, ...found }), [refused, found]);
  const form = useFocusInvalid(problems);
  const numbered = fields.find(({ type }) => type === "choice");

  function change(name: string, value: QuestionDraft[string]) {
    setFound(({ [name]: _solved, ...others }) => others);
    if (Object.hasOwn(refused, name)) forget();
    setDraft((current) => ({ ...current, [name]: value }));
  }

  useNumberKeys(isFirst, (index) => {
    const option = numbered?.options[index];
    if (numbered && option) change(numbered.name, option.value);
  });

  function submit() {
    const read = readDraft(fields, draft);
    setFound(read.problems);
    if (Object.keys(read.problems).length === 0) answer({ content: read.content });
  }

  return (
    <RequestCard request={request} error={Object.keys(refused).length === 0 ? error : null}>
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
            problem={getOwn(problems, field.name) ?? null}
            isNumbered={isFirst && field === numbered}
            isDisabled={isBusy}
            onChange={(value) => change(field.name, value)}
          />
        ))}
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
