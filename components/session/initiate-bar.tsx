"use client";

import { useMutation } from "@tanstack/react-query";
import { useAtomValue } from "jotai";
import { readError } from "#components/api/read-error.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { Button } from "#components/ui/button.tsx";
import { ErrorText } from "#components/ui/field.tsx";
import { sessionStateAtom } from "./session-atoms.ts";

/** For a session that was prepared without sending its prompt. */
export function InitiateBar() {
  const trpc = useTRPC();
  const { sessionId, status } = useAtomValue(sessionStateAtom);
  const initiate = useMutation(trpc.session.initiate.mutationOptions());
  if (status !== "prepared") return null;
  return (
    <div className="flex flex-wrap items-center justify-between gap-3 rounded border border-line bg-surface px-4 py-3 text-label">
      <p className="min-w-0 flex-1 text-soft">
        The workspace is prepared; the prompt waits for you.
      </p>
      <Button
        look="primary"
        disabled={initiate.isPending || initiate.isSuccess}
        onClick={() => initiate.mutate({ sessionId })}
      >
        Send the prompt
      </Button>
      {initiate.error && (
        <p className="w-full text-meta">
          <ErrorText>{readError(initiate.error).message}</ErrorText>
        </p>
      )}
    </div>
  );
}
