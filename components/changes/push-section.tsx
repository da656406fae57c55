"use client";

import { keepPreviousData, skipToken, useMutation, useQuery } from "@tanstack/react-query";
import { useAtomValue } from "jotai";
import { useRef, useState } from "react";
import { createPushId } from "#lib/ids.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { QueryNotice } from "#components/ingest/query-notice.tsx";
import { sessionStateAtom } from "#components/session/session-atoms.ts";
import { useFocusBack } from "#components/settings/use-focus-back.ts";
import { Button } from "#components/ui/button.tsx";
import { useHydrated } from "#components/ui/use-hydrated.ts";
import { PushForm } from "./push-form.tsx";
import { PushOutcome } from "./push-outcome.tsx";
import { isUnderWay, whyNotPushed } from "./push-words.ts";

/** Sends the session's work to a branch of its repository, and tells how that went the last time. */
export function PushSection() {
  const trpc = useTRPC();
  const isHydrated = useHydrated();
  const buttonRef = useRef<HTMLButtonElement>(null);
  const focusBack = useFocusBack(buttonRef);
  const sectionRef = useRef<HTMLElement>(null);
  // The button cannot be pressed before it has ended.
  const focusOutcome = useFocusBack(sectionRef);
  const [asked, setAsked] = useState<{ branch: string } | null>(null);
  const { sessionId, revision, status, title, workBranch } = useAtomValue(sessionStateAtom);
  /** Sent twice, because the answer was lost, it is pushed once. */
  const sent = useRef<{ branch: string; message: string; pushId: string } | null>(null);
  const last = useQuery(
    trpc.workspace.lastPush.queryOptions(isHydrated ? { sessionId, revision } : skipToken, {
      placeholderData: keepPreviousData,
    }),
  );
  const push = useMutation(
    trpc.workspace.push.mutationOptions({
      onSuccess: () => {
        setAsked(null);
        focusOutcome();
        void last.refetch();
      },
    }),
  );

  if (last.error && last.data === undefined)
    return <QueryNotice error={last.error} onRetry={() => void last.refetch()} />;
  const shown = last.data ?? null;
  const isPushing = shown !== null && isUnderWay(shown);
  const whyNot = isPushing ? null : whyNotPushed(status);
  const send = (input: { branch: string; message: string }) => {
    const { branch, message, pushId } = sent.current ?? {};
    const isRepeated = branch === input.branch && message === input.message;
    sent.current = { ...input, pushId: (isRepeated && pushId) || createPushId() };
    push.mutate({ sessionId, ...sent.current });
  };
  const begin = (branch: string) => {
    sent.current = null;
    push.reset();
    setAsked({ branch });
  };
  return (
    <section
      ref={sectionRef}
      tabIndex={-1}
      aria-label="Push to a branch"
      className="flex flex-col gap-3 outline-none"
    >
      {shown !== null && (
        <PushOutcome push={shown} canPush={whyNot === null} onOtherBranch={begin} />
      )}
      {asked === null ? (
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <Button
            ref={buttonRef}
            isSmall
            disabled={!isHydrated || last.data === undefined || isPushing || whyNot !== null}
            onClick={() => begin(shown?.branch ?? workBranch ?? "")}
          >
            {shown === null ? "Push to a branch" : "Push again"}
          </Button>
          {whyNot !== null && <span className="text-meta text-faint">{whyNot}</span>}
        </div>
      ) : (
        <PushForm
          key={asked.branch}
          branch={asked.branch}
          message={shown?.message ?? title}
          mutation={push}
          onPush={send}
          onCancel={() => {
            setAsked(null);
            focusBack();
          }}
        />
      )}
    </section>
  );
}
