"use client";

import { useMutation } from "@tanstack/react-query";
import { useAtomValue } from "jotai";
import { Clock3, Pencil, X } from "lucide-react";
import { type MouseEvent, useRef, useState } from "react";
import type { PromptState } from "#lib/session-state.ts";
import { readError } from "#components/api/read-error.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { firstWords } from "#components/format/first-words.ts";
import { useFocusBack } from "#components/settings/use-focus-back.ts";
import { IconButton } from "#components/ui/button.tsx";
import { ErrorText } from "#components/ui/field.tsx";
import { visibleText } from "#components/format/visible-text.ts";
import { EditPrompt } from "./edit-prompt.tsx";
import { sessionIdAtom, transcriptAtom } from "./session-atoms.ts";
import { useFocusAfterCancel } from "./use-focus-after-cancel.ts";
import { WaitingFiles } from "./waiting-files.tsx";

/** As many prompts as are seen at one time without scrolling. */
const COUNTED_MIN = 4;

/** Follow-ups that wait for their turn, in the order in which the agent gets them. */
export function WaitingPrompts() {
  const { waiting } = useAtomValue(transcriptAtom);
  const { listRef, leave } = useFocusAfterCancel(waiting);
  if (waiting.length === 0) return null;
  return (
    <>
      {waiting.length >= COUNTED_MIN && (
        <p className="text-meta text-faint tabular">
          {waiting.length} prompts wait, the next one first
        </p>
      )}
      <ol
        ref={listRef}
        aria-label="Waiting"
        className="relative flex max-h-40 flex-col gap-1 overflow-y-auto"
      >
        {waiting.map((prompt) => (
          <WaitingPrompt key={prompt.messageId} prompt={prompt} onLeave={leave} />
        ))}
      </ol>
    </>
  );
}

interface WaitingPromptProps {
  prompt: PromptState;
  /** It is about to be taken back by keyboard. */
  onLeave: (messageId: string) => void;
}

function WaitingPrompt({ prompt, onLeave }: WaitingPromptProps) {
  const trpc = useTRPC();
  const sessionId = useAtomValue(sessionIdAtom);
  const [isEditing, setIsEditing] = useState(false);
  const editRef = useRef<HTMLButtonElement>(null);
  const focusEdit = useFocusBack(editRef);
  const cancel = useMutation(trpc.session.cancelPrompt.mutationOptions());
  const { messageId } = prompt;

  function closeEdit() {
    setIsEditing(false);
    focusEdit();
  }

  function onCancel({ detail }: MouseEvent) {
    if (cancel.isPending) return;
    // No pointer pressed it: a phone's keyboard must not open for the composer.
    if (detail === 0) onLeave(messageId);
    cancel.mutate({ sessionId, messageId });
  }

  if (isEditing) {
    return (
      <li>
        <EditPrompt prompt={prompt} onClose={closeEdit} />
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
          ref={editRef}
          label={`Edit prompt: ${firstWords(prompt.text)}`}
          onClick={() => setIsEditing(true)}
          className="size-7!"
        >
          <Pencil aria-hidden />
        </IconButton>
        <IconButton
          label={`Cancel prompt: ${firstWords(prompt.text)}`}
          // Disabled it would lose the focus, also where it could not be taken back.
          aria-disabled={cancel.isPending}
          onClick={onCancel}
          className="size-7!"
        >
          <X aria-hidden />
        </IconButton>
      </div>
      <WaitingFiles attachments={prompt.attachments} />
    </li>
  );
}
