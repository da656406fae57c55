"use client";

import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { TranscriptPage } from "#lib/transcript.ts";
import type { SessionState } from "#lib/session-state.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { readError } from "#components/api/read-error.ts";
import { createSessionView } from "#components/session/loaded-window.ts";
import type { MessageView } from "#components/session/session-view.ts";
import { ErrorText } from "#components/ui/field.tsx";
import { StoredFile } from "../file-part.tsx";
import { Hole } from "../hole.tsx";
import { useOwnerSource } from "../owner-source.ts";
import { Part } from "../part.tsx";
import { visibleParts } from "../part-groups.ts";
import { PromptPart } from "../prompt-text.tsx";
import { TranscriptSourceProvider } from "../transcript-source.ts";
import { NestingProvider, useNesting } from "./nesting.ts";
import { SubSessionLink } from "./sub-session-link.tsx";

/** How often a session that is at work is read again. */
const REREAD_MS = 3_000;

interface SubSessionBodyProps {
  sessionId: string;
  isRunning: boolean;
}

/** The beginning of another session, by the same parts, and the way to all of it. */
export function SubSessionBody({ sessionId, isRunning }: SubSessionBodyProps) {
  const trpc = useTRPC();
  const refetchInterval = isRunning ? REREAD_MS : false;
  const page = useQuery(
    trpc.transcript.window.queryOptions(
      { sessionId, around: "start", isFirst: true },
      { refetchInterval },
    ),
  );
  const state = useQuery(trpc.session.get.queryOptions({ sessionId }, { refetchInterval }));
  const error = page.error ?? state.error;
  return (
    <div className="mt-1 mb-2 ml-2 flex min-w-0 flex-col gap-3 border-l border-line pl-4">
      {page.data && state.data ? (
        <Messages page={page.data} state={state.data} isRunning={isRunning} />
      ) : error ? (
        <p className="text-meta">
          <ErrorText>{readError(error).message}</ErrorText>
        </p>
      ) : (
        <p className="text-meta text-faint">Loading …</p>
      )}
      <SubSessionLink sessionId={sessionId}>
        {page.data?.after ? "This is its beginning: open the whole session" : "Open it by itself"}
      </SubSessionLink>
    </div>
  );
}

interface MessagesProps {
  page: TranscriptPage;
  state: SessionState;
  isRunning: boolean;
}

function Messages({ page, state, isRunning }: MessagesProps) {
  const source = useOwnerSource(state.sessionId, page.cursor.generation);
  const { messages } = useMemo(() => createSessionView(state, page), [state, page]);
  const nesting = useNesting();
  const lastId = page.after === null ? messages.at(-1)?.messageId : undefined;
  if (messages.length === 0) return <p className="text-meta text-faint">It holds nothing yet.</p>;
  return (
    <TranscriptSourceProvider value={source}>
      <NestingProvider value={nesting + 1}>
        {messages.map((message) =>
          message.role === "user" ? (
            <Prompt key={message.messageId} message={message} />
          ) : (
            <Answer
              key={message.messageId}
              message={message}
              isRunning={isRunning && message.messageId === lastId}
            />
          ),
        )}
      </NestingProvider>
    </TranscriptSourceProvider>
  );
}

function Prompt({ message }: { message: MessageView }) {
  const parts = visibleParts([message]);
  return (
    <div
      role="group"
      aria-label="Prompt of its session"
      className="flex flex-col gap-2 rounded bg-accent-wash px-3 py-2 text-label"
    >
      {parts.map((part) =>
        part.kind === "text" ? (
          <PromptPart key={part.partId} part={part} />
        ) : part.kind === "hole" ? (
          <Hole key={part.partId} part={part} />
        ) : part.kind === "file" ? (
          <StoredFile key={part.partId} part={part} />
        ) : null,
      )}
    </div>
  );
}

function Answer({ message, isRunning }: { message: MessageView; isRunning: boolean }) {
  if (message.deleted) return <p className="text-meta text-faint italic">Deleted by the agent</p>;
  return visibleParts([message]).map((part) =>
    part.kind === "hole" ? (
      <Hole key={part.partId} part={part} />
    ) : (
      <Part key={part.partId} part={part} isTurnRunning={isRunning} />
    ),
  );
}
