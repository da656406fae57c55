"use client";

import { useQuery } from "@tanstack/react-query";
import { Bot } from "lucide-react";
import { Disclosure } from "../disclosure.tsx";
import { LazySubSessionBody } from "../lazy-parts.tsx";
import { useTranscriptSource } from "../transcript-source.ts";
import { NESTING_MAX, useNesting } from "./nesting.ts";
import { SubSessionLink } from "./sub-session-link.tsx";

/** No session has a longer name. */
const NAME_MAX_LENGTH = 256;

interface SubSessionProps {
  partId: string;
  /** What the agent calls it. */
  name: string;
  isRunning: boolean;
}

/** The session that did a part of the work: closed, until somebody wants to see it. Nothing where it is not here. */
export function SubSession({ partId, name, isRunning }: SubSessionProps) {
  const source = useTranscriptSource();
  const nesting = useNesting();
  const { data: sessionId } = useQuery({
    queryKey: ["linked-session", partId, name],
    queryFn: () => source.findLinked(name),
    enabled: name !== "" && name.length <= NAME_MAX_LENGTH,
  });
  if (!sessionId) return null;
  if (nesting >= NESTING_MAX)
    return <SubSessionLink sessionId={sessionId}>Its own session</SubSessionLink>;
  return (
    <Disclosure
      summary={
        <>
          <Bot aria-hidden className="size-4 shrink-0 text-faint" />
          <span className="flex-1 text-faint">Its own session</span>
        </>
      }
    >
      <LazySubSessionBody sessionId={sessionId} isRunning={isRunning} />
    </Disclosure>
  );
}
