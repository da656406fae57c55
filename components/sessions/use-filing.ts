"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { atom, useSetAtom } from "jotai";
import { readError } from "#components/api/read-error.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { formatCount } from "#components/format/format-count.ts";
import type { Filing, FilingAnswer } from "#lib/shelf.ts";

/** What was done last with sessions, and how to take it back. */
export interface FilingNotice {
  text: string;
  isError: boolean;
  /** Null for what cannot be taken back, or failed. */
  undo: { filing: Filing; sessionIds: string[] } | null;
}

/** Null when there is nothing to say (any more). */
export const filingNoticeAtom = atom<FilingNotice | null>(null);

const past: Record<Filing, string> = {
  pin: "pinned",
  unpin: "unpinned",
  archive: "archived",
  unarchive: "taken out of the archive",
  trash: "moved to the trash",
  restore: "restored",
  delete: "deleted for good",
};

const undoOf: Record<Filing, Filing | null> = {
  pin: "unpin",
  unpin: "pin",
  archive: "unarchive",
  unarchive: "archive",
  trash: "restore",
  restore: "trash",
  delete: null,
};

/** What became of each, in one sentence or two. */
export function describeFiling(filing: Filing, answers: readonly FilingAnswer[]): FilingNotice {
  const done = answers.filter(({ outcome }) => outcome !== "refused");
  const refused = answers.filter(({ outcome }) => outcome === "refused");
  const changed = answers.filter(({ outcome }) => outcome === "done");
  const reasons = [...new Set(refused.map(({ reason }) => reason))].join(". ");
  const texts = [
    done.length > 0 && `${formatCount(done.length, "session")} ${past[filing]}.`,
    refused.length > 0 && `${formatCount(refused.length, "session")} not: ${reasons}.`,
  ];
  const undo = undoOf[filing];
  return {
    text: texts.filter(Boolean).join(" "),
    isError: refused.length > 0,
    undo:
      undo === null || changed.length === 0
        ? null
        : { filing: undo, sessionIds: changed.map(({ sessionId }) => sessionId) },
  };
}

/** Pins, archives, throws away …: says what became of it, and reads lists again. */
export function useFiling(onDone?: (answers: FilingAnswer[]) => void) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const setNotice = useSetAtom(filingNoticeAtom);
  return useMutation(
    trpc.session.file.mutationOptions({
      onSuccess(answers, { filing }) {
        setNotice(describeFiling(filing, answers));
        void queryClient.invalidateQueries({ queryKey: trpc.session.list.pathKey() });
        void queryClient.invalidateQueries({ queryKey: trpc.session.children.pathKey() });
        onDone?.(answers);
      },
      onError(error) {
        setNotice({ text: readError(error).message, isError: true, undo: null });
      },
    }),
  );
}
