"use client";

import { useMutation } from "@tanstack/react-query";
import { useSetAtom, useStore } from "jotai";
import { useRef, useState } from "react";
import { createMessageId } from "#lib/ids.ts";
import { getLiveClient } from "#components/api/live.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { useAttachments } from "#components/attachments/use-attachments.ts";
import { useTabStorage } from "#components/ui/use-tab-storage.ts";
import { isFollowingAtom, sessionViewAtom } from "./session-atoms.ts";
import { withSentPrompt } from "./with-sent-prompt.ts";

/**
 * Text and files survive a reload of the tab; their message id stays until one of them changes, so that sending twice
 * sends once.
 */
export function useFollowUp(sessionId: string) {
  const trpc = useTRPC();
  const [stored, keep] = useTabStorage(`millrace-follow-up-${sessionId}`);
  const setIsFollowing = useSetAtom(isFollowingAtom);
  const store = useStore();
  const [sentAt, setSentAt] = useState<Date | null>(null);
  const messageId = useRef<string | null>(null);
  const { mutate, isPending, error, reset } = useMutation(
    trpc.session.sendPrompt.mutationOptions(),
  );
  const forgetId = () => {
    messageId.current = null;
  };
  const draft = useAttachments(`millrace-follow-up-files-${sessionId}`, forgetId);
  const text = stored ?? "";

  function change(next: string) {
    forgetId();
    keep(next === "" ? null : next);
    reset();
  }

  function send() {
    const prompt = { messageId: (messageId.current ??= createMessageId()), text };
    const attachments = draft.files.flatMap(({ attachment }) => (attachment ? [attachment] : []));
    const onSuccess = () => {
      change("");
      draft.clear();
      setIsFollowing(true);
      showSent({ ...prompt, attachments });
    };
    const ids = draft.ids.length > 0 ? { attachments: draft.ids } : {};
    mutate({ sessionId, ...prompt, ...ids }, { onSuccess });
  }

  /** While nothing live arrives, nobody else says that the prompt was taken. */
  function showSent(prompt: Omit<Parameters<typeof withSentPrompt>[1], "createdAt">) {
    const now = new Date();
    setSentAt(now);
    const client = getLiveClient();
    if (client.connection.get().status === "live") return;
    const sent = { ...prompt, createdAt: now.toISOString() };
    store.set(sessionViewAtom, (view) => withSentPrompt(view, sent));
    client.retryNow();
  }

  return { text, change, send, draft, isSending: isPending, sentAt, error };
}
