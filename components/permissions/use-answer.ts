"use client";

import { useMutation } from "@tanstack/react-query";
import { useAtomValue } from "jotai";
import type { AgentRequestAnswer } from "#lib/agent-request.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { sessionIdAtom } from "#components/session/session-atoms.ts";

/**
 * Answers one request. Once it is answered, here or elsewhere, the session's state takes its card away: until then
 * nothing more can be pressed.
 */
export function useAnswer(requestId: string) {
  const trpc = useTRPC();
  const sessionId = useAtomValue(sessionIdAtom);
  const { mutate, isPending, isSuccess, error } = useMutation(
    trpc.permission.answer.mutationOptions(),
  );
  const isBusy = isPending || isSuccess;
  const answer = (given: AgentRequestAnswer, always = false) => {
    if (!isBusy) mutate({ sessionId, requestId, answer: given, always });
  };
  return { answer, isBusy, error };
}
