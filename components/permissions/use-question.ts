import { useState } from "react";
import type { AgentRequest } from "#lib/agent-request.ts";
import { readError } from "#components/api/read-error.ts";
import { readDraft, readRefusal, startDraft, type QuestionDraft } from "./question-content.ts";
import { noProblems, problemsOf, withChanged } from "./question-problems.ts";
import { useAnswer } from "./use-answer.ts";

/** What a person fills into a question, and what was wrong with it when it was submitted. */
export function useQuestion({ requestId, fields }: AgentRequest) {
  const { answer, isBusy, error } = useAnswer(requestId);
  const [draft, setDraft] = useState<QuestionDraft>(() => startDraft(fields));
  const [problems, setProblems] = useState(noProblems);
  const [lastError, setLastError] = useState(error);

  // In the render that has the fields enabled again: only those take the focus.
  if (error !== lastError) {
    setLastError(error);
    if (error !== null) setProblems(problemsOf(readRefusal(readError(error), fields)));
  }

  function change(name: string, value: QuestionDraft[string]) {
    setProblems((current) => withChanged(current, name));
    setDraft((current) => ({ ...current, [name]: value }));
  }

  function submit() {
    const { content, problems: found } = readDraft(fields, draft);
    setProblems(problemsOf(found));
    if (Object.keys(found).length === 0) answer({ content });
  }

  function decline() {
    setProblems(noProblems);
    answer({ content: null });
  }

  const isAboutFields = Object.keys(problems.found).length > 0;
  return { draft, problems, error: isAboutFields ? null : error, isBusy, change, submit, decline };
}
