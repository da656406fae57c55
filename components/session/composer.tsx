"use client";

import clsx from "clsx";
import { useAtomValue } from "jotai";
import { ArrowUp, Square } from "lucide-react";
import { useId, useRef } from "react";
import { AttachButton } from "#components/attachments/attach-button.tsx";
import { AttachmentChips } from "#components/attachments/attachment-chips.tsx";
import { useFileDrop } from "#components/upload/use-file-drop.ts";
import { Button } from "#components/ui/button.tsx";
import { useHydrated } from "#components/ui/use-hydrated.ts";
import { CommandList } from "./command-list.tsx";
import { ComposerField } from "./composer-field.tsx";
import { ComposerNote } from "./composer-note.tsx";
import { FollowToggle } from "./follow-bar.tsx";
import { OptionBar } from "./option-bar.tsx";
import { canStopAtom, isStoppingAtom, sessionStateAtom } from "./session-atoms.ts";
import { useCommands } from "./use-commands.ts";
import { type ComposerControls, useComposer } from "./use-composer.ts";
import { useInterrupt } from "./use-interrupt.ts";

/** Sends follow-ups and stops the agent. While it is locked it says until when. */
export function Composer() {
  const id = useId();
  const ids = { id, listId: `${id}-commands`, noteId: `${id}-note` };
  const state = useAtomValue(sessionStateAtom);
  const composer = useComposer();
  const { text, change, draft, isLocked, isReady, submit, addFiles } = composer;
  const { interrupt, error: interruptError } = useInterrupt();
  const textarea = useRef<HTMLTextAreaElement>(null);
  const choice = useCommands({
    state,
    text,
    isLocked,
    onTake(command) {
      change(command);
      textarea.current?.focus();
    },
  });
  const isOver = useFileDrop(addFiles);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
      className="relative flex flex-col gap-1.5"
    >
      <CommandList id={ids.listId} choice={choice} />
      <AttachmentChips draft={draft} />
      <div
        className={clsx(
          "field flex items-end gap-1 p-1.5 has-[textarea:disabled]:bg-sunken",
          isOver && isReady && "border-accent bg-accent-wash",
        )}
      >
        <AttachButton
          disabled={!isReady}
          onFiles={addFiles}
          className="mb-0.5 pointer-coarse:size-11 pointer-coarse:mb-0"
        />
        <ComposerField {...ids} ref={textarea} composer={composer} choice={choice} />
        <StopButton onClick={interrupt} />
        <SendButton composer={composer} />
      </div>
      <div className="flex min-h-6 flex-wrap items-center gap-x-3 gap-y-1 pointer-coarse:min-h-9">
        <OptionBar isLocked={isLocked} />
        <ComposerNote id={ids.noteId} composer={composer} interruptError={interruptError} />
        <FollowToggle />
      </div>
    </form>
  );
}

function StopButton({ onClick }: { onClick: () => void }) {
  const isHydrated = useHydrated();
  const canStop = useAtomValue(canStopAtom);
  const isStopping = useAtomValue(isStoppingAtom);
  if (!canStop) return null;
  return (
    <Button disabled={!isHydrated || isStopping} onClick={onClick}>
      <Square aria-hidden className="size-3 fill-current" />
      {isStopping ? "Stopping …" : "Stop"}
    </Button>
  );
}

function SendButton({ composer: { canSend, isQueued } }: { composer: ComposerControls }) {
  return (
    <Button
      type="submit"
      look="primary"
      disabled={!canSend}
      aria-label={isQueued ? "Queue" : "Send"}
      className="w-9 px-0! pointer-coarse:w-11"
    >
      <ArrowUp aria-hidden className="size-4" />
    </Button>
  );
}
