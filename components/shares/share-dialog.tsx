"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useAtomValue } from "jotai";
import { useState } from "react";
import { readError } from "#components/api/read-error.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { sessionStateAtom } from "#components/session/session-atoms.ts";
import { Button } from "#components/ui/button.tsx";
import { Dialog } from "#components/ui/dialog.tsx";
import { ErrorText } from "#components/ui/field.tsx";
import { MadeShare } from "./made-share.tsx";
import { SessionShares } from "./session-shares.tsx";
import { ShareForm } from "./share-form.tsx";
import { createShareWishes, describeWishes } from "./share-wishes.ts";

const LOOK_AGAIN_MS = 1_500;
const noTurns = { turnCount: 1, prompts: [] };

/** Makes a link to the session on screen, after saying who will see what. */
export function ShareDialog({ onClose }: { onClose: () => void }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const { sessionId } = useAtomValue(sessionStateAtom);
  const [wishes, setWishes] = useState(createShareWishes);
  const preview = useQuery(
    trpc.share.preview.queryOptions(
      { sessionId },
      {
        staleTime: 0,
        refetchInterval: ({ state }) => (state.data?.secrets.isComplete ? false : LOOK_AGAIN_MS),
      },
    ),
  );
  const create = useMutation(
    trpc.share.create.mutationOptions({
      onSuccess: () => queryClient.invalidateQueries(trpc.share.list.queryFilter()),
    }),
  );

  if (create.data) {
    return (
      <Dialog title="Share" onClose={onClose} className="max-w-lg">
        <MadeShare
          shareId={wishes.shareId}
          token={create.data.token}
          allowsEmbed={wishes.allowsEmbed}
          onDone={onClose}
        />
      </Dialog>
    );
  }
  const { password, ...rest } = wishes;
  const submit = (form: HTMLFormElement) =>
    create.mutate(
      {
        ...rest,
        sessionId,
        seenSeq: wishes.mode === "frozen" ? (preview.data?.seenSeq ?? null) : null,
        password: password === "" ? null : password,
      },
      { onError: (error) => focusField(form, readError(error).field) },
    );
  const problem = create.error ? readError(create.error) : null;
  return (
    <Dialog title="Share" onClose={onClose} className="max-w-lg">
      <form
        aria-label="New share"
        className="flex max-h-[calc(100dvh-7rem)] flex-col"
        onSubmit={(event) => {
          event.preventDefault();
          submit(event.currentTarget);
        }}
      >
        <div className="flex flex-col gap-5 overflow-y-auto p-4">
          <SessionShares sessionId={sessionId} />
          {preview.data ? (
            <ShareForm
              wishes={wishes}
              preview={preview.data}
              problem={problem}
              onChange={(change) =>
                setWishes({ ...wishes, ...change, shareId: createShareWishes().shareId })
              }
            />
          ) : preview.error ? (
            <ErrorText>{readError(preview.error).message}</ErrorText>
          ) : (
            <p className="text-label text-faint">Looking at the session …</p>
          )}
        </div>
        <footer className="flex flex-col gap-3 border-t border-line p-4">
          <p className="text-label text-soft" aria-live="polite">
            {describeWishes(wishes, preview.data ?? noTurns)}
          </p>
          {problem !== null && (
            <p className="text-meta">
              <ErrorText>{problem.message}</ErrorText>
            </p>
          )}
          <div className="flex justify-end gap-2">
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" look="primary" disabled={!preview.data || create.isPending}>
              {create.isPending ? "Creating …" : "Create link"}
            </Button>
          </div>
        </footer>
      </form>
    </Dialog>
  );
}

/** Brings the field that is wrong into sight, above what is said of it. */
function focusField(form: HTMLFormElement, name: string | null) {
  if (name === null) return;
  const field = form.querySelector<HTMLElement>(`[name="${CSS.escape(name)}"]`);
  // What is closed cannot have the focus.
  field?.closest("details")?.setAttribute("open", "");
  field?.focus();
}
