"use client";

import { useMutation } from "@tanstack/react-query";
import { useAtomValue, useStore } from "jotai";
import { useTRPC } from "#components/api/trpc.ts";
import { sessionIdAtom, sessionViewAtom } from "./session-atoms.ts";

type Store = ReturnType<typeof useStore>;

/**
 * Asks the server to stop the running turn, and shows at once that it was asked. `store` is for whoever stands outside
 * of the session's provider.
 */
export function useInterrupt(store?: Store) {
  const trpc = useTRPC();
  const ownStore = useStore(store && { store });
  const sessionId = useAtomValue(sessionIdAtom, store && { store });
  const show = (interruptRequestedAt: string | null) =>
    ownStore.set(sessionViewAtom, (view) => ({
      ...view,
      state: { ...view.state, interruptRequestedAt },
    }));
  const { mutate, error } = useMutation(
    trpc.session.interrupt.mutationOptions({
      onMutate: () => show(new Date().toISOString()),
      onError: () => show(null),
    }),
  );
  return { interrupt: () => mutate({ sessionId }), error };
}
