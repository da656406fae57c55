"use client";

import { useMutation } from "@tanstack/react-query";
import { useAtomValue, useSetAtom, useStore } from "jotai";
import { ArrowUp, Lock, Square } from "lucide-react";
import { useId, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { createMessageId } from "#lib/ids.ts";
import { PROMPT_MAX_CHARACTERS } from "#lib/limits.ts";
import { getLiveClient } from "#components/api/live.ts";
import { readError } from "#components/api/read-error.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { Button } from "#components/ui/button.tsx";
import { ErrorText } from "#components/ui/field.tsx";
import { useHydrated } from "#components/ui/use-hydrated.ts";
import { useTabStorage } from "#components/ui/use-tab-storage.ts";
import { useConnection } from "./connection-mark.tsx";
import { composerState } from "./composer-state.ts";
import { FollowToggle } from "./follow-bar.tsx";
import {
  isFollowingAtom,
  isStoppingAtom,
  sessionStateAtom,
  sessionViewAtom,
} from "./session-atoms.ts";
import { useInterrupt } from "./use-interrupt.ts";
import { withSentPrompt } from "./with-sent-prompt.ts";

/** Sends follow-ups and stops the agent. While it is locked it says until when. */
export function Composer() {
  const id = useId();
  const state = useAtomValue(sessionStateAtom);
  const isHydrated = useHydrated();
  const { text, change, send, isSending, sentAt, error } = useFollowUp(state.sessionId);
  const { interrupt, error: interruptError } = useInterrupt();
  const isStopping = useAtomValue(isStoppingAtom);
  const { isLocked, note } = composerState(state);
  const connection = useConnection();
  // What was sent meanwhile has shown that the next prompt can be sent too.
  const isOffline =
    connection.status === "offline" && (sentAt === null || sentAt < connection.since);
  const isBusy = state.status === "working" || state.status === "needs_you";
  const isTooLong = text.length > PROMPT_MAX_CHARACTERS;
  const canSend = isHydrated && !isLocked && !isSending && !isTooLong && text.trim() !== "";

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === "Escape") (event.target as HTMLElement).blur();
    const isComposing = event.nativeEvent.isComposing;
    if (event.key !== "Enter" || event.shiftKey || isComposing) return;
    event.preventDefault();
    if (canSend) send();
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (canSend) send();
      }}
      className="flex flex-col gap-1.5"
    >
      <div className="field flex items-end gap-2 p-1.5 pl-3 has-[textarea:disabled]:bg-sunken">
        <textarea
          id={id}
          data-composer
          aria-label="Follow-up"
          aria-describedby={`${id}-note`}
          aria-invalid={isTooLong}
          value={text}
          rows={1}
          disabled={isLocked}
          readOnly={isSending}
          placeholder={isLocked ? note : "Follow up"}
          onChange={(event) => change(event.target.value)}
          onKeyDown={onKeyDown}
          className="field-sizing-content max-h-[35dvh] min-h-9 min-w-0 flex-1 resize-none bg-transparent py-1.5 outline-none placeholder:text-faint disabled:cursor-not-allowed pointer-coarse:min-h-11 pointer-coarse:py-2.5"
        />
        {isLocked && (
          <Lock
            aria-hidden
            className="mr-1 mb-2.5 size-4 shrink-0 text-faint pointer-coarse:mb-3.5"
          />
        )}
        {isBusy && (
          <Button disabled={!isHydrated || isStopping} onClick={interrupt}>
            <Square aria-hidden className="size-3 fill-current" />
            {isStopping ? "Stopping …" : "Stop"}
          </Button>
        )}
        <Button
          type="submit"
          look="primary"
          disabled={!canSend}
          aria-label={isBusy ? "Queue" : "Send"}
          className="w-9 px-0! pointer-coarse:w-11"
        >
          <ArrowUp aria-hidden className="size-4" />
        </Button>
      </div>
      <div className="flex items-center justify-between gap-4">
        <ComposerNote id={`${id}-note`} textLength={text.length} failure={error ?? interruptError}>
          {isOffline
            ? "You are offline: what you type stays here until it can be sent."
            : isSending
              ? "Sending …"
              : !isLocked && note}
        </ComposerNote>
        <FollowToggle />
      </div>
    </form>
  );
}

interface ComposerNoteProps {
  id: string;
  textLength: number;
  failure: unknown;
  /** What to say when nothing is wrong. */
  children: ReactNode;
}

function ComposerNote({ id, textLength, failure, children }: ComposerNoteProps) {
  const isTooLong = textLength > PROMPT_MAX_CHARACTERS;
  const problem = failure
    ? readError(failure).message
    : isTooLong &&
      `${textLength.toLocaleString("en")} of ${PROMPT_MAX_CHARACTERS.toLocaleString("en")} characters`;
  return (
    <p id={id} className="min-h-4 min-w-0 text-meta text-faint">
      {problem ? <ErrorText>{problem}</ErrorText> : children}
    </p>
  );
}

/** The text survives a reload of the tab; its message id stays until it changes, so that sending twice sends once. */
function useFollowUp(sessionId: string) {
  const trpc = useTRPC();
  const [stored, keep] = useTabStorage(`millrace-follow-up-${sessionId}`);
  const setIsFollowing = useSetAtom(isFollowingAtom);
  const store = useStore();
  const [sentAt, setSentAt] = useState<Date | null>(null);
  const messageId = useRef<string | null>(null);
  const { mutate, isPending, error, reset } = useMutation(
    trpc.session.sendPrompt.mutationOptions(),
  );
  const text = stored ?? "";

  function change(next: string) {
    messageId.current = null;
    keep(next === "" ? null : next);
    reset();
  }

  function send() {
    const prompt = { messageId: (messageId.current ??= createMessageId()), text };
    const onSuccess = () => {
      change("");
      setIsFollowing(true);
      showSent(prompt);
    };
    mutate({ sessionId, ...prompt }, { onSuccess });
  }

  /** While nothing live arrives, nobody else says that the prompt was taken. */
  function showSent(prompt: { messageId: string; text: string }) {
    const now = new Date();
    setSentAt(now);
    const client = getLiveClient();
    if (client.connection.get().status === "live") return;
    const sent = { ...prompt, attachments: [], createdAt: now.toISOString() };
    store.set(sessionViewAtom, (view) => withSentPrompt(view, sent));
    client.retryNow();
  }

  return { text, change, send, isSending: isPending, sentAt, error };
}
