"use client";

import { useMutation } from "@tanstack/react-query";
import { useAtomValue } from "jotai";
import { clsx } from "clsx";
import { CircleStop, CircleX } from "lucide-react";
import type { PromptState } from "#lib/session-state.ts";
import { readError } from "#components/api/read-error.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { AttachedFiles } from "#components/attachments/attached-files.tsx";
import { Button } from "#components/ui/button.tsx";
import { ErrorText } from "#components/ui/field.tsx";
import { DoneReceipt, PromptReceipt } from "#components/session/prompt-receipt.tsx";
import { RelativeTime } from "#components/ui/relative-time.tsx";
import { sessionIdAtom, viewerModeAtom } from "#components/session/session-atoms.ts";
import type { TurnPrompt } from "./build-turns.ts";
import { StoredFile } from "./file-part.tsx";
import { visibleParts } from "./part-groups.ts";
import { PromptPart, PromptText } from "./prompt-text.tsx";
import { createdAt } from "./created-at.ts";
import { Hole } from "./hole.tsx";

interface PromptArticleProps {
  prompt: TurnPrompt;
  /** When the agent was done with it; null before, and where it has failed or was stopped. */
  doneMs: number | null;
}

/** What the person asked for, as typed: prompts are text, not Markdown. */
export function PromptArticle({ prompt, doneMs }: PromptArticleProps) {
  const { message, state, messageId } = prompt;
  // Who reads a share has not written it.
  const name = useAtomValue(viewerModeAtom) === "share" ? "Prompt" : "You";
  const parts = message ? visibleParts([message]) : [];
  const createdMs = message ? createdAt(message) : null;
  const createdIso = createdMs === null ? state?.createdAt : new Date(createdMs).toISOString();
  return (
    <article
      id={messageId}
      aria-label={name}
      data-step
      data-prompt
      tabIndex={-1}
      className="scroll-mt-20 rounded bg-accent-wash px-4 py-3"
    >
      <header className="mb-1 flex items-baseline justify-between gap-4 text-meta text-soft">
        <h2 className="font-medium">{name}</h2>
        <span className="flex items-baseline gap-2">
          {state !== null && <PromptReceipt prompt={state} />}
          {state === null && doneMs !== null && <DoneReceipt doneMs={doneMs} />}
          {createdIso !== undefined && <RelativeTime iso={createdIso} className="tabular" />}
        </span>
      </header>
      <div className="flex flex-col gap-6">
        {parts.length > 0 ? (
          parts
            .filter(({ kind }) => kind === "text")
            .map((part) => <PromptPart key={part.partId} part={part} />)
        ) : (
          <PromptText text={state?.text ?? ""} />
        )}
      </div>
      {parts.length === 0 && <AttachedFiles attachments={state?.attachments ?? []} />}
      {parts
        .filter(({ kind }) => kind === "hole")
        .map((part) => (
          <Hole key={part.partId} part={part} />
        ))}
      {parts
        .filter(({ kind, data }) => kind === "file" && data !== null)
        .map((part) => (
          <div key={part.partId} className="mt-2 flex">
            <StoredFile part={part} />
          </div>
        ))}
      {(state?.outcome === "failed" || state?.outcome === "interrupted") && (
        <UnfinishedPrompt prompt={state} />
      )}
    </article>
  );
}

/** Ended without being done, by a fault or because somebody stopped it: it can be sent again. */
function UnfinishedPrompt({ prompt }: { prompt: PromptState }) {
  const isFailed = prompt.outcome === "failed";
  const Icon = isFailed ? CircleX : CircleStop;
  const trpc = useTRPC();
  const sessionId = useAtomValue(sessionIdAtom);
  const retry = useMutation(trpc.session.retryPrompt.mutationOptions());
  return (
    <div className="mt-3 flex flex-wrap items-center gap-3 border-t border-line pt-3 text-label">
      <p
        className={clsx(
          "flex min-w-0 flex-1 items-start gap-2",
          isFailed ? "text-danger" : "text-soft",
        )}
      >
        <Icon aria-hidden className="mt-0.5 size-4 shrink-0" />
        {isFailed
          ? (prompt.message ?? "It failed, and the agent did not say why.")
          : `Stopped before it was done${prompt.message && prompt.message !== "Stopped" ? `: ${prompt.message}` : "."}`}
      </p>
      <Button
        isSmall
        disabled={retry.isPending || retry.isSuccess}
        onClick={() => retry.mutate({ sessionId, messageId: prompt.messageId })}
      >
        Retry
      </Button>
      {retry.error && (
        <p className="w-full text-meta">
          <ErrorText>{readError(retry.error).message}</ErrorText>
        </p>
      )}
    </div>
  );
}
