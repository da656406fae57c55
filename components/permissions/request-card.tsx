import clsx from "clsx";
import { FileQuestionMark, MessageCircleQuestion } from "lucide-react";
import { useId, type ReactNode } from "react";
import type { AgentRequest } from "#lib/agent-request.ts";
import { readError } from "#components/api/read-error.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { ErrorText } from "#components/ui/field.tsx";
import { requestWords } from "./request-words.ts";

interface RequestCardProps {
  request: AgentRequest;
  error: unknown;
  children: ReactNode;
}

/** The frame of a card: what is asked, and below it how to answer. */
export function RequestCard({ request, error, children }: RequestCardProps) {
  const id = useId();
  const { kind, title, summary } = request;
  const Icon = kind === "question" ? FileQuestionMark : MessageCircleQuestion;
  const isCommand = kind === "permission";
  // What is asked may begin with its title, or be that: it is said once, as a whole.
  const isTitled = summary === null || !summary.startsWith(title);
  return (
    <section
      role="group"
      aria-labelledby={`${id}-words`}
      aria-describedby={`${id}-title`}
      className="flex flex-col gap-2.5 rounded border border-warning bg-surface px-4 py-3"
    >
      <h2
        id={`${id}-words`}
        className="flex items-center gap-2 text-label font-medium text-warning"
      >
        <Icon aria-hidden className="size-4 shrink-0" />
        {requestWords(request)}
      </h2>
      <div id={`${id}-title`} className="flex flex-col gap-1 text-label [overflow-wrap:anywhere]">
        {isTitled && (
          <p className={clsx(isCommand && "font-mono text-code")}>{visibleText(title)}</p>
        )}
        {summary !== null && (
          <p
            // Scrolls, so it is reached by keyboard.
            {...(isCommand && { role: "group", "aria-label": "What it is", tabIndex: 0 })}
            className={clsx(
              isCommand && "max-h-40 overflow-y-auto font-mono text-code whitespace-pre-wrap",
              isTitled && "text-soft",
            )}
          >
            {visibleText(summary)}
          </p>
        )}
      </div>
      {children}
      {error !== null && (
        <p className="text-meta">
          <ErrorText>{readError(error).message}</ErrorText>
        </p>
      )}
    </section>
  );
}
