"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState, type FormEvent } from "react";
import { TITLE_MAX_CHARACTERS } from "#lib/limits.ts";
import { readError } from "#components/api/read-error.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { Button } from "#components/ui/button.tsx";
import { Dialog } from "#components/ui/dialog.tsx";
import { Field } from "#components/ui/field.tsx";
import type { SessionSummary } from "./session-summary.ts";

interface RenameDialogProps {
  session: Pick<SessionSummary, "sessionId" | "title">;
  onClose: () => void;
}

/** Gives a session of the list another title. */
export function RenameDialog({ session, onClose }: RenameDialogProps) {
  const id = useId();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const [title, setTitle] = useState(session.title);
  const rename = useMutation(
    trpc.session.rename.mutationOptions({
      async onSuccess() {
        await queryClient.invalidateQueries({ queryKey: trpc.session.list.pathKey() });
        onClose();
      },
    }),
  );
  const next = title.trim();

  function submit(event: FormEvent) {
    event.preventDefault();
    if (next === session.title) onClose();
    else if (next !== "") rename.mutate({ sessionId: session.sessionId, title: next });
  }

  return (
    <Dialog title="Rename" onClose={onClose}>
      <form onSubmit={submit} className="flex flex-col gap-4 p-4">
        <Field
          label="Title"
          controlId={id}
          error={rename.error ? readError(rename.error).message : null}
        >
          <input
            data-first-focus
            id={id}
            value={title}
            maxLength={TITLE_MAX_CHARACTERS}
            onFocus={(event) => event.target.select()}
            onChange={(event) => setTitle(event.target.value)}
            className="field h-9 px-3 text-label pointer-coarse:h-11"
          />
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" disabled={next === "" || rename.isPending}>
            Rename
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
