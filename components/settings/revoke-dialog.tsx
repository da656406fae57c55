"use client";

import { useMutation } from "@tanstack/react-query";
import { useTRPC } from "#components/api/trpc.ts";
import { ConfirmDialog } from "#components/ui/confirm-dialog.tsx";
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
    <ConfirmDialog
      title="Revoke this token?"
      action="Revoke"
      mutation={revoke}
      onConfirm={() => revoke.mutate({ tokenId })}
      onClose={onClose}
    >
      Programs that have “{name}” are refused within a second, for good.{" "}
      {lastUsedAt === null ? (
        "Nobody has used it so far."
      ) : (
        <>
          It was last used <RelativeTime iso={lastUsedAt} />.
        </>
      )}
    </ConfirmDialog>
  );
}
