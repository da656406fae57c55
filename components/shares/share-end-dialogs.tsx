"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ShareSummary } from "#server/shares/list-shares.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { ConfirmDialog } from "#components/ui/confirm-dialog.tsx";

interface RevokeShareDialogProps {
  share: ShareSummary;
  onRevoked: () => void;
  onClose: () => void;
}

/** Asks before a link ends for good. */
export function RevokeShareDialog({ share, onRevoked, onClose }: RevokeShareDialogProps) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const revoke = useMutation(
    trpc.share.revoke.mutationOptions({
      onSuccess() {
        void queryClient.invalidateQueries(trpc.share.list.queryFilter());
        onRevoked();
      },
    }),
  );
  return (
    <ConfirmDialog
      title="Take this share back?"
      action="Take back"
      mutation={revoke}
      onConfirm={() => revoke.mutate({ shareId: share.shareId })}
      onClose={onClose}
    >
      Its link opens nothing any more, and pages that show “{visibleText(share.title)}” through it
      close within a second. What somebody has copied stays with them.
    </ConfirmDialog>
  );
}

interface ReplaceShareDialogProps {
  share: ShareSummary;
  onReplaced: () => void;
  onClose: () => void;
}

/** Asks before a link is replaced by another, which the row then copies. */
export function ReplaceShareDialog({ share, onReplaced, onClose }: ReplaceShareDialogProps) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const replace = useMutation(
    trpc.share.rotate.mutationOptions({
      onSuccess() {
        void queryClient.invalidateQueries(trpc.share.list.queryFilter());
        onReplaced();
      },
    }),
  );
  return (
    <ConfirmDialog
      title="Replace this link?"
      action="Replace link"
      mutation={replace}
      onConfirm={() => replace.mutate({ shareId: share.shareId })}
      onClose={onClose}
    >
      The old link to “{visibleText(share.title)}” stops working at once, also where it is open, and
      a password has to be typed again. Copy the new one afterwards and send it to whoever is to
      have it.
    </ConfirmDialog>
  );
}
