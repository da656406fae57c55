"use client";

import { useAtomValue } from "jotai";
import { sessionStateAtom } from "#components/session/session-atoms.ts";
import { PermissionCard } from "./permission-card.tsx";
import { QuestionCard } from "./question-card.tsx";

/** What the agent asked and waits for, above the composer; the oldest takes the number keys. */
export function RequestCards() {
  const { requests } = useAtomValue(sessionStateAtom);
  if (requests.length === 0) return null;
  return (
    <div className="relative flex max-h-[45dvh] flex-col gap-2 overflow-y-auto">
      {requests.map((request, index) =>
        request.kind === "question" ? (
          <QuestionCard key={request.requestId} request={request} isFirst={index === 0} />
        ) : (
          <PermissionCard key={request.requestId} request={request} isFirst={index === 0} />
        ),
      )}
    </div>
  );
}
