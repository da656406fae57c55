"use client";

import clsx from "clsx";
import { useAtomValue } from "jotai";
import type { SessionState } from "#lib/session-state.ts";
import { formatCost, formatTokens } from "#components/format/format-count.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { shortRepository } from "#components/format/short-repository.ts";
import { UnsafeMark } from "#components/frame/unsafe-mark.tsx";
import { sessionStateAtom } from "./session-atoms.ts";

interface Fact {
  name: string;
  value: string;
  title?: string;
}

/** Where and with what the session works, and what it used so far, on one line that cuts what has no room. */
export function FactLine({ agentLabel, className }: { agentLabel: string; className: string }) {
  const state = useAtomValue(sessionStateAtom);
  return (
    <dl
      className={clsx(
        "relative min-w-0 items-center gap-x-4 text-meta text-faint tabular *:max-w-56 *:min-w-0 [&_dd]:truncate",
        className,
      )}
    >
      <Facts facts={[...placeFacts(state, agentLabel), ...workFacts(state)]} />
    </dl>
  );
}

/** The same on two lines that wrap. While there may be a workspace soon the second has its place already. */
export function FactLines({ agentLabel }: { agentLabel: string }) {
  const state = useAtomValue(sessionStateAtom);
  const lines = [placeFacts(state, agentLabel), workFacts(state)];
  return lines.map(
    (facts, index) =>
      (facts.length > 0 || (state.hasWorkspace && state.status !== "failed")) && (
        <dl
          key={index}
          className="relative flex min-h-4 flex-wrap gap-x-4 text-meta text-faint tabular [overflow-wrap:anywhere]"
        >
          <Facts facts={facts} />
          {index === 0 && state.hasWorkspace && <SandboxFact />}
        </dl>
      ),
  );
}

/** Nothing where agents have one. */
function SandboxFact() {
  return (
    <div className="hidden in-data-unsafe:block">
      <dt className="sr-only">Sandbox</dt>
      <dd>
        <UnsafeMark />
      </dd>
    </div>
  );
}

function Facts({ facts }: { facts: readonly Fact[] }) {
  return facts.map(({ name, value, title = value }) => (
    <div key={name}>
      <dt className="sr-only">{name}</dt>
      <dd title={title}>{value}</dd>
    </div>
  ));
}

/** Known from the beginning. */
function placeFacts(
  { repository, agentVersion, model, agentSettings, profileName }: SessionState,
  agentLabel: string,
): Fact[] {
  const agent = [agentLabel, agentVersion, model].filter(Boolean).join(" ");
  const mode = agentSettings?.options.find(({ category }) => category === "mode");
  return [
    ...(repository === null
      ? []
      : [{ name: "Repository", value: shortRepository(repository), title: repository }]),
    ...(agent === "" ? [] : [{ name: "Agent", value: agent }]),
    ...(profileName === null
      ? []
      : [
          {
            name: "Environment",
            value: visibleText(profileName),
            title: `Environment: ${profileName}`,
          },
        ]),
    ...(mode ? [{ name: "Mode", value: visibleText(mode.valueName) }] : []),
  ];
}

/** Known once there is a workspace, or a turn. */
function workFacts({ baseBranch, workBranch, tokens, costUsd }: SessionState): Fact[] {
  const branches = [baseBranch, workBranch === baseBranch ? null : workBranch];
  const branch = branches.filter((name) => name !== null).join(" → ");
  return [
    ...(branch === ""
      ? []
      : [{ name: "Branch", value: branch, title: `Asked for → worked on: ${branch}` }]),
    ...(tokens === null || tokens === 0
      ? []
      : [
          {
            name: "Tokens",
            value: `${formatTokens(tokens)} tokens`,
            title: `${tokens.toLocaleString("en")} tokens`,
          },
        ]),
    ...(costUsd === null || costUsd === 0 ? [] : [{ name: "Cost", value: formatCost(costUsd) }]),
  ];
}
