"use client";

import { useMutation } from "@tanstack/react-query";
import { useAtomValue } from "jotai";
import { useState } from "react";
import { useTRPC } from "#components/api/trpc.ts";
import { Button } from "#components/ui/button.tsx";
import { ConfirmDialog } from "#components/ui/confirm-dialog.tsx";
import { hasLostFiles } from "#lib/preparation.ts";
import { sessionStateAtom } from "./session-atoms.ts";

/** For a session whose files could not be brought back; nothing for all others. */
export function StartOverButton() {
  const trpc = useTRPC();
  const { sessionId, preparation } = useAtomValue(sessionStateAtom);
  const [isAsking, setIsAsking] = useState(false);
  const startOver = useMutation(
    trpc.workspace.startOver.mutationOptions({ onSuccess: () => setIsAsking(false) }),
  );
  if (!preparation || !hasLostFiles(preparation)) return null;
  return (
    <>
      <Button onClick={() => setIsAsking(true)}>Go on without the files …</Button>
      {isAsking && (
        <ConfirmDialog
          title="Go on without this session's files?"
          action="Go on without them"
          mutation={startOver}
          onConfirm={() => startOver.mutate({ sessionId })}
          onClose={() => setIsAsking(false)}
        >
          The agent begins again with the repository as it is now, and with what is known of its
          changes where they still fit: “Restored the files” names the others. The rest of what was
          not pushed is given up; the transcript stays.
        </ConfirmDialog>
      )}
    </>
  );
}
