"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useStore } from "jotai";
import { useEffect, useEffectEvent } from "react";
import { useTRPC } from "#components/api/trpc.ts";
import { sessionViewAtom } from "./session-atoms.ts";

/** A session at work changes many times a second; somebody who looks at it has read it all the same. */
const SETTLE_MS = 1_500;

/** Remembers how far the session was read, as long as somebody sees the page. Renders nothing. */
export function ReadMarker() {
  const store = useStore();
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const { mutate } = useMutation(
    trpc.session.markRead.mutationOptions({
      // Lists that are on screen are told by the next change; others are read when they are opened.
      onSuccess: () =>
        void queryClient.invalidateQueries({
          queryKey: trpc.session.list.pathKey(),
          refetchType: "none",
        }),
    }),
  );
  const mark = useEffectEvent((sessionId: string, seq: number) => mutate({ sessionId, seq }));

  useEffect(() => {
    let markedSeq = 0;
    let timer: ReturnType<typeof setTimeout> | null = null;
    const note = () => {
      const { cursor } = store.get(sessionViewAtom);
      if (document.hidden || cursor.seq <= markedSeq) return;
      timer ??= setTimeout(() => {
        timer = null;
        const { state, cursor: latest } = store.get(sessionViewAtom);
        if (document.hidden) return;
        markedSeq = latest.seq;
        mark(state.sessionId, latest.seq);
      }, SETTLE_MS);
    };
    note();
    const unsubscribe = store.sub(sessionViewAtom, note);
    document.addEventListener("visibilitychange", note);
    return () => {
      unsubscribe();
      document.removeEventListener("visibilitychange", note);
      if (timer !== null) clearTimeout(timer);
    };
  }, [store]);
  return null;
}
