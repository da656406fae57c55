"use client";

import { useMutation } from "@tanstack/react-query";
import { useAtomValue, useSetAtom } from "jotai";
import { readError } from "#components/api/read-error.ts";
import { withEarlierPage } from "#components/session/apply-live-events.ts";
import { sessionIdAtom, sessionViewAtom } from "#components/session/session-atoms.ts";
import { Button } from "#components/ui/button.tsx";
import { ErrorText } from "#components/ui/field.tsx";
import { useTRPCClient } from "#components/api/trpc.ts";

/** Gets the window before the first message on the page, and keeps the reader where they were. */
export function EarlierMessages({ before }: { before: string }) {
  const client = useTRPCClient();
  const sessionId = useAtomValue(sessionIdAtom);
  const setView = useSetAtom(sessionViewAtom);
  const load = useMutation({
    mutationFn: () => client.session.transcript.query({ sessionId, before }),
    onSuccess: (page) => {
      const distanceToEnd = document.documentElement.scrollHeight - scrollY;
      setView((view) => withEarlierPage(view, page));
      requestAnimationFrame(() =>
        scrollTo({
          top: document.documentElement.scrollHeight - distanceToEnd,
          behavior: "instant",
        }),
      );
    },
  });
  return (
    <div className="flex flex-col items-center gap-2">
      <Button isSmall disabled={load.isPending} onClick={() => load.mutate()}>
        {load.isPending ? "Loading …" : "Show earlier"}
      </Button>
      {load.error && (
        <p className="text-meta">
          <ErrorText>{readError(load.error).message}</ErrorText>
        </p>
      )}
    </div>
  );
}
