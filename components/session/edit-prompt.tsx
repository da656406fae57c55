"use client";

import { useMutation } from "@tanstack/react-query";
import { useAtomValue } from "jotai";
import { useState, type KeyboardEvent } from "react";
import { PROMPT_MAX_CHARACTERS } from "#lib/limits.ts";
import type { PromptState } from "#lib/session-state.ts";
import { readError } from "#components/api/read-error.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { Button } from "#components/ui/button.tsx";
import { ErrorText } from "#components/ui/field.tsx";
import { sessionIdAtom } from "./session-atoms.ts";

interface EditPromptProps {
  prompt: PromptState;
  onClose: () => void;
}

/** The words of a prompt that waits, to be changed in its place. */
export function EditPrompt({ prompt, onClose }: EditPromptProps) {
  const trpc = useTRPC();
  const sessionId = useAtomValue(sessionIdAtom);
  const [text, setText] = useState(prompt.text);
  const { mutate, isPending, error } = useMutation(
    trpc.session.editPrompt.mutationOptions({ onSuccess: onClose }),
  );
  const canSave = text.trim() !== "" && text.length <= PROMPT_MAX_CHARACTERS && !isPending;

  function save() {
    if (text === prompt.text) onClose();
    else if (canSave) mutate({ sessionId, messageId: prompt.messageId, text });
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === "Escape") {
      event.stopPropagation();
      onClose();
    }
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    save();
  }

  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
      className="flex flex-wrap items-end justify-end gap-2 rounded bg-sunken p-1"
    >
      <textarea
        aria-label="Waiting prompt"
        // oxlint-disable-next-line jsx-a11y/no-autofocus -- the person has just asked for it
        autoFocus
        value={text}
        rows={1}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={onKeyDown}
        className="field field-sizing-content max-h-28 min-w-48 flex-1 resize-none px-2 py-1 text-label"
      />
      <Button isSmall onClick={onClose}>
        Leave it
      </Button>
      <Button isSmall type="submit" look="primary" disabled={!canSave}>
        Save
      </Button>
      {error && (
        <p className="w-full text-meta">
          <ErrorText>{readError(error).message}</ErrorText>
        </p>
      )}
    </form>
  );
}
