"use client";

import { useMutation } from "@tanstack/react-query";
import { readError } from "#components/api/read-error.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { Button } from "#components/ui/button.tsx";
import { Dialog } from "#components/ui/dialog.tsx";
import { ErrorText } from "#components/ui/field.tsx";
import { RelativeTime } from "#components/ui/relative-time.tsx";
import type { TokenSummary } from "./token-summary.ts";

interface RevokeDialogProps {
  token: TokenSummary;
  onRevoked: () => void;
  onClose: () => void;
}

export function RevokeDialog({ token, onRevoked, onClose }: RevokeDialogProps) {
  const { tokenId, name, lastUsedAt } = token;
  const revoke = useMutation(useTRPC().token.revoke.mutationOptions({ onSuccess: onRevoked }));
  return (
    <Dialog title="Revoke this token?" onClose={onClose}>
      <div className="flex flex-col gap-4 p-4">
        <p className="break-words text-soft">
          Programs that have “{name}” are refused within a second, for good.{" "}
          {lastUsedAt === null ? (
            "Nobody has used it so far."
          ) : (
            <>
              It was last used <RelativeTime iso={lastUsedAt} />.
            </>
          )}
        </p>
        {revoke.error && (
          <p className="text-meta">
            <ErrorText>{readError(revoke.error).message}</ErrorText>
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button data-first-focus onClick={onClose}>
            Keep it
          </Button>
          <Button
            look="danger"
            disabled={revoke.isPending || revoke.isSuccess}
            onClick={() => revoke.mutate({ tokenId })}
          >
            Revoke
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
