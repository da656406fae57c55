"use client";

import clsx from "clsx";
import { useAtomValue } from "jotai";
import type { SessionState } from "#lib/session-state.ts";
import { formatCost, formatTokens } from "#components/format/format-count.ts";
import { formatDuration, formatElapsed } from "#components/format/format-duration.ts";
import { shortRepository } from "#components/format/short-repository.ts";
import { useNow } from "#components/ui/clock.tsx";
import { sessionStateAtom } from "./session-atoms.ts";

interface Fact {
  name: string;
  value: string;
  title?: string;
  /** Is cut where there is no room; the others are short. */
  isWide?: boolean;
}

/** Where and with what the session works, and what it took so far: a quiet line of facts. */
export function SessionFacts({
  agentLabel,
  className,
}: {
  agentLabel: string;
  className?: string;
}) {
  const state = useAtomValue(sessionStateAtom);
  const { repository, baseBranch, workBranch, agentVersion, model, tokens, costUsd } = state;
  const branches = [baseBranch, workBranch === baseBranch ? null : workBranch].filter(
    (branch) => branch !== null,
  );
  const agent = [agentLabel, agentVersion, model].filter(Boolean).join(" ");
  const facts = [
    repository !== null && {
      name: "Repository",
      value: shortRepository(repository),
      title: repository,
      isWide: true,
    },
    branches.length > 0 && {
      name: "Branch",
      value: branches.join(" → "),
      title: `Asked for → worked on: ${branches.join(" → ")}`,
      isWide: true,
    },
    agent !== "" && { name: "Agent", value: agent, isWide: true },
    tokens !== null &&
      tokens > 0 && {
        name: "Tokens",
        value: `${formatTokens(tokens)} tokens`,
        title: `${tokens.toLocaleString("en")} tokens`,
      },
    costUsd !== null && costUsd > 0 && { name: "Cost", value: formatCost(costUsd) },
  ].filter((fact): fact is Fact => fact !== false);
  return (
    <dl
      className={clsx(
        "relative flex min-w-0 items-center gap-x-4 text-meta text-faint tabular",
        className,
      )}
    >
      {facts.map(({ name, value, title = value, isWide = false }) => (
        <div key={name} className={clsx(isWide ? "max-w-56 min-w-0" : "shrink-0")}>
          <dt className="sr-only">{name}</dt>
          <dd title={title} className="truncate">
            {value}
          </dd>
        </div>
      ))}
      <TurnTime state={state} />
    </dl>
  );
}

/** How long the running turn works already, or how long the last one took. */
function TurnTime({ state: { status, turnStartedAt, turnEndedAt } }: { state: SessionState }) {
  const nowMs = useNow();
  if (turnStartedAt === null) return null;
  const isRunning = status === "working" || status === "needs_you";
  const endedAt = isRunning ? null : turnEndedAt;
  if (!isRunning && endedAt === null) return null;
  const startMs = Date.parse(turnStartedAt);
  return (
    <div className="shrink-0">
      <dt className="sr-only">{isRunning ? "Working for" : "Last turn took"}</dt>
      <dd title={isRunning ? "The running turn" : "The last turn"}>
        {endedAt === null
          ? formatElapsed(nowMs - startMs)
          : formatDuration(Date.parse(endedAt) - startMs)}
      </dd>
    </div>
  );
}
