"use client";

import { useMutation } from "@tanstack/react-query";
import { useAtomValue } from "jotai";
import { Clock3, Pencil, X } from "lucide-react";
import { useState } from "react";
import type { PromptState } from "#lib/session-state.ts";
import { readError } from "#components/api/read-error.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { firstWords } from "#components/format/first-words.ts";
import { IconButton } from "#components/ui/button.tsx";
import { ErrorText } from "#components/ui/field.tsx";
import { visibleText } from "#components/format/visible-text.ts";
import { EditPrompt } from "./edit-prompt.tsx";
import { sessionIdAtom, transcriptAtom } from "./session-atoms.ts";
import { WaitingFiles } from "./waiting-files.tsx";

/** As many prompts as are seen at one time without scrolling. */
const COUNTED_MIN = 4;

/** Follow-ups that wait for their turn, in the order in which the agent gets them. */
export function WaitingPrompts() {
  const { waiting } = useAtomValue(transcriptAtom);
  if (waiting.length === 0) return null;
  return (
    <>
      {waiting.length >= COUNTED_MIN && (
        <p className="text-meta text-faint tabular">
          {waiting.length} prompts wait, the next one first
        </p>
      )}
      <ol aria-label="Waiting" className="relative flex max-h-40 flex-col gap-1 overflow-y-auto">
        {waiting.map((prompt) => (
          <WaitingPrompt key={prompt.messageId} prompt={prompt} />
        ))}
      </ol>
    </>
  );
}

function WaitingPrompt({ prompt }: { prompt: PromptState }) {
  const trpc = useTRPC();
  const sessionId = useAtomValue(sessionIdAtom);
  const [isEditing, setIsEditing] = useState(false);
  const cancel = useMutation(trpc.session.cancelPrompt.mutationOptions());
  if (isEditing) {
    return (
      <li>
        <EditPrompt prompt={prompt} onClose={() => setIsEditing(false)} />
      </li>
    );
  }
  return (
    <li className="rounded bg-sunken pr-1 pl-3 text-label">
      <div className="flex items-center gap-2 py-0.5">
        <Clock3 aria-hidden className="size-3.5 shrink-0 text-faint" />
        <span className="sr-only">Queued:</span>
        <span className="min-w-0 flex-1 truncate text-soft">{visibleText(prompt.text)}</span>
        {cancel.error && (
          <span className="text-meta">
            <ErrorText>{readError(cancel.error).message}</ErrorText>
          </span>
        )}
        <IconButton
          label={`Edit prompt: ${firstWords(prompt.text)}`}
          onClick={() => setIsEditing(true)}
          className="size-7!"
        >
          <Pencil aria-hidden />
        </IconButton>
        <IconButton
          label={`Cancel prompt: ${firstWords(prompt.text)}`}
          disabled={cancel.isPending}
          onClick={() => cancel.mutate({ sessionId, messageId: prompt.messageId })}
          className="size-7!"
        >
          <X aria-hidden />
        </IconButton>
      </div>
      <WaitingFiles attachments={prompt.attachments} />
    </li>
  );
}
