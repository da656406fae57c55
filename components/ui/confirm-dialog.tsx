"use client";

import type { ReactNode } from "react";
import { readError } from "#components/api/read-error.ts";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import { ErrorText } from "./field.tsx";

interface ConfirmDialogProps {
  /** The question. */
  title: string;
  /** What is done, in a word. */
  action: string;
  mutation: { error: unknown; isPending: boolean; isSuccess: boolean };
  onConfirm: () => void;
  onClose: () => void;
  /** What it means, and for whom. */
  children: ReactNode;
}

/** Asks before something that cannot be taken back. The focus is on keeping things as they are. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, action, mutation, onConfirm, onClose, children } = props;
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="flex flex-col gap-4 p-4">
        <p className="break-words text-soft">{children}</p>
        {mutation.error != null && (
          <p className="text-meta">
            <ErrorText>{readError(mutation.error).message}</ErrorText>
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button data-first-focus onClick={onClose}>
            Keep it
          </Button>
          <Button
            look="danger"
            disabled={mutation.isPending || mutation.isSuccess}
            onClick={onConfirm}
          >
            {action}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
