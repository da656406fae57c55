"use client";

import { useMutation } from "@tanstack/react-query";
import { ListEnd } from "lucide-react";
import { useState } from "react";
import type { Batch } from "#lib/batch.ts";
import { readError } from "#components/api/read-error.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { Button } from "#components/ui/button.tsx";
import { ConfirmDialog } from "#components/ui/confirm-dialog.tsx";
import { ErrorText } from "#components/ui/field.tsx";
import { describeSeal } from "./batch-words.ts";

/** Says that no more lines come. */
export function SealButton({ batch }: { batch: Batch }) {
  const { batchId, missingCount, unassignedCount } = batch;
  const trpc = useTRPC();
  const [isAsking, setIsAsking] = useState(false);
  const seal = useMutation(
    trpc.batch.seal.mutationOptions({ onSuccess: () => setIsAsking(false) }),
  );
  const isWhole = missingCount + unassignedCount === 0;
  return (
    <>
      <Button
        disabled={seal.isPending}
        onClick={() => (isWhole ? seal.mutate({ batchId }) : setIsAsking(true))}
        title="No more lines come: the batch is done when these are"
      >
        <ListEnd aria-hidden className="size-4" />
        {isWhole ? "Seal" : "Seal …"}
      </Button>
      {seal.error !== null && !isAsking && (
        <p className="order-last w-full text-label">
          <ErrorText>{readError(seal.error).message}</ErrorText>
        </p>
      )}
      {isAsking && (
        <ConfirmDialog
          title="Seal this batch as it is?"
          action="Seal"
          mutation={seal}
          onConfirm={() => seal.mutate({ batchId, allowGaps: true })}
          onClose={() => setIsAsking(false)}
        >
          {describeSeal(batch)}
        </ConfirmDialog>
      )}
    </>
  );
}
