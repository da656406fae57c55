"use client";

import clsx from "clsx";
import { useAtomValue } from "jotai";
import { ArrowUp, Lock, Square } from "lucide-react";
import { useId, useRef, type KeyboardEvent, type ReactNode } from "react";
import { PROMPT_MAX_CHARACTERS } from "#lib/limits.ts";
import { readError } from "#components/api/read-error.ts";
import { AttachButton, takePasted } from "#components/attachments/attach-button.tsx";
import { AttachmentChips } from "#components/attachments/attachment-chips.tsx";
import { useFileDrop } from "#components/upload/use-file-drop.ts";
import { Button } from "#components/ui/button.tsx";
import { ErrorText } from "#components/ui/field.tsx";
import { useHydrated } from "#components/ui/use-hydrated.ts";
import { CommandList, commandOptionId } from "./command-list.tsx";
import { useConnection } from "./connection-mark.tsx";
import { composerState } from "./composer-state.ts";
import { FollowToggle } from "./follow-bar.tsx";
import { OptionBar } from "./option-bar.tsx";
import { canStopAtom, isStoppingAtom, sessionStateAtom } from "./session-atoms.ts";
import { useCommands } from "./use-commands.ts";
import { useFollowUp } from "./use-follow-up.ts";
import { useInterrupt } from "./use-interrupt.ts";

/** Sends follow-ups and stops the agent. While it is locked it says until when. */
export function Composer() {
  const id = useId();
  const state = useAtomValue(sessionStateAtom);
  const isHydrated = useHydrated();
  const followUp = useFollowUp(state.sessionId);
  const { text, change, send, draft, isSending, sentAt, error } = followUp;
  const { interrupt, error: interruptError } = useInterrupt();
  const canStop = useAtomValue(canStopAtom);
  const isStopping = useAtomValue(isStoppingAtom);
  const { isLocked, note } = composerState(state);
  const connection = useConnection();
  // What was sent meanwhile has shown that the next prompt can be sent too.
  const isOffline =
    connection.status === "offline" && (sentAt === null || sentAt < connection.since);
  const isBusy = state.status === "working" || state.status === "needs_you";
  const isQueued = isBusy || state.readyAt === null;
  const isTooLong = text.length > PROMPT_MAX_CHARACTERS;
  const isReady = isHydrated && !isLocked && !isSending;
  const canSend = isReady && !isTooLong && !draft.isUnfinished && text.trim() !== "";
  const textarea = useRef<HTMLTextAreaElement>(null);
  const listId = `${id}-commands`;
  const choice = useCommands({
    state,
    text,
    isLocked,
    onTake(command) {
      change(command);
      textarea.current?.focus();
    },
  });
  const onFiles = (files: File[]) => {
    if (isReady) draft.add(files);
  };
  const isOver = useFileDrop(onFiles);

  function onKeyDown(event: KeyboardEvent) {
    if (choice.handleKey(event)) return event.preventDefault();
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
      className="relative flex flex-col gap-1.5"
    >
      <CommandList id={listId} choice={choice} />
      <AttachmentChips draft={draft} />
      <div
        className={clsx(
          "field flex items-end gap-1 p-1.5 has-[textarea:disabled]:bg-sunken",
          isOver && isReady && "border-accent bg-accent-wash",
        )}
      >
        <AttachButton
          disabled={!isReady}
          onFiles={onFiles}
          className="mb-0.5 pointer-coarse:size-11 pointer-coarse:mb-0"
        />
        <textarea
          ref={textarea}
          id={id}
          data-composer
          aria-label="Follow-up"
          aria-describedby={`${id}-note`}
          aria-invalid={isTooLong}
          {...(choice.commands.length > 0 && {
            "aria-autocomplete": "list",
            "aria-controls": listId,
            "aria-activedescendant": commandOptionId(listId, choice.activeIndex),
          })}
          value={text}
          rows={1}
          disabled={isLocked}
          readOnly={isSending}
          placeholder={isLocked ? note : "Follow up"}
          onChange={(event) => change(event.target.value)}
          onKeyDown={onKeyDown}
          onPaste={(event) => takePasted(event, onFiles)}
          className="field-sizing-content max-h-[35dvh] min-h-9 min-w-0 flex-1 resize-none bg-transparent py-1.5 outline-none placeholder:text-faint disabled:cursor-not-allowed pointer-coarse:min-h-11 pointer-coarse:py-2.5"
        />
        {isLocked && (
          <Lock
            aria-hidden
            className="mr-1 mb-2.5 size-4 shrink-0 text-faint pointer-coarse:mb-3.5"
          />
        )}
        {canStop && (
          <Button disabled={!isHydrated || isStopping} onClick={interrupt}>
            <Square aria-hidden className="size-3 fill-current" />
            {isStopping ? "Stopping …" : "Stop"}
          </Button>
        )}
        <Button
          type="submit"
          look="primary"
          disabled={!canSend}
          aria-label={isQueued ? "Queue" : "Send"}
          className="w-9 px-0! pointer-coarse:w-11"
        >
          <ArrowUp aria-hidden className="size-4" />
        </Button>
      </div>
      <div className="flex min-h-6 flex-wrap items-center gap-x-3 gap-y-1 pointer-coarse:min-h-9">
        <OptionBar isLocked={isLocked} />
        <ComposerNote id={`${id}-note`} textLength={text.length} failure={error ?? interruptError}>
          {isOffline
            ? "You are offline: what you type stays here until it can be sent."
            : isSending
              ? "Sending …"
              : draft.isUnfinished
                ? "Goes when its files are there."
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
    <p id={id} className="min-h-4 min-w-0 flex-1 basis-24 text-meta text-faint">
      {problem ? <ErrorText>{problem}</ErrorText> : children}
    </p>
  );
}
