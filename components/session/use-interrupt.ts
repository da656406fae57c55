"use client";

import { useMutation } from "@tanstack/react-query";
import { useAtomValue, useStore } from "jotai";
import { useTRPC } from "#components/api/trpc.ts";
import { sessionStateAtom, stoppedTurnAtom } from "./session-atoms.ts";

type Store = ReturnType<typeof useStore>;

/**
 * Asks the server to stop the running turn, and shows at once that it was asked. `store` is for whoever stands outside
 * of the session's provider.
 */
export function useInterrupt(store?: Store) {
  const trpc = useTRPC();
  const ownStore = useStore(store && { store });
  const { sessionId, turnStartedAt } = useAtomValue(sessionStateAtom, store && { store });
  const { mutate, error } = useMutation(
    trpc.session.interrupt.mutationOptions({
      onMutate: () => ownStore.set(stoppedTurnAtom, turnStartedAt),
      onError: () => ownStore.set(stoppedTurnAtom, null),
    }),
  );
  return { interrupt: () => mutate({ sessionId }), error };
}
