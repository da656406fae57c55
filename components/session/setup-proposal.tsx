"use client";

import { useMutation } from "@tanstack/react-query";
import { useAtomValue } from "jotai";
import { ListChecks } from "lucide-react";
import { readError } from "#components/api/read-error.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { revealHidden } from "#components/format/hidden-characters.ts";
import { Button } from "#components/ui/button.tsx";
import { ErrorText } from "#components/ui/field.tsx";
import { PROPOSAL_FILE, type ProposalDecision } from "#lib/setup-proposal.ts";
import { sessionStateAtom } from "./session-atoms.ts";

/** What the session's repository would run before the agent, for somebody to decide about; nothing where it would not. */
export function SetupProposal() {
  const { sessionId, proposal } = useAtomValue(sessionStateAtom);
  const decide = useMutation(useTRPC().profile.decideProposal.mutationOptions());
  if (proposal === null)
    return <DecidedNote decision={decide.isSuccess ? decide.variables.decision : null} />;
  const { hash, commands } = proposal;
  const { isDecided, error } = readDecision(decide, hash);
  const choose = (decision: ProposalDecision) => decide.mutate({ sessionId, hash, decision });
  return (
    <article
      aria-label="Proposed setup"
      className="overflow-hidden rounded border border-line bg-surface"
    >
      <h2 className="flex items-center gap-2 border-b border-line px-4 py-2.5 text-label font-medium">
        <ListChecks aria-hidden className="size-4 shrink-0 text-accent" />
        {PROPOSAL_FILE} proposes setup commands
      </h2>
      <div className="flex flex-col gap-3 px-4 py-3">
        <ol
          aria-label="Commands"
          className="max-h-60 overflow-auto rounded bg-sunken px-3 py-2 font-mono text-code"
        >
          {commands.map((command, index) => (
            <li key={index} className="flex gap-2">
              <span aria-hidden className="text-faint select-none">
                $
              </span>
              <span className="min-w-0 whitespace-pre-wrap [overflow-wrap:anywhere]">
                {revealHidden(command)}
              </span>
            </li>
          ))}
        </ol>
        <p className="text-label text-soft">
          They did not run here, and this session goes on without them. Once confirmed they run in
          every workspace of this repository that is made from then on, until the file says
          something else.
        </p>
        {error !== null && (
          <p className="text-meta">
            <ErrorText>{readError(error).message}</ErrorText>
          </p>
        )}
        <div className="flex flex-wrap gap-2">
          <Button look="primary" disabled={isDecided} onClick={() => choose("confirmed")}>
            Run them from now on
          </Button>
          <Button disabled={isDecided} onClick={() => choose("declined")}>
            Never run these
          </Button>
        </div>
      </div>
    </article>
  );
}

/** Of these commands: what was decided about others that the file proposed before does not count. */
export function readDecision<Failure>(
  decide: {
    variables: { hash: string } | undefined;
    isPending: boolean;
    isSuccess: boolean;
    error: Failure | null;
  },
  hash: string,
): { isDecided: boolean; error: Failure | null } {
  if (decide.variables?.hash !== hash) return { isDecided: false, error: null };
  return { isDecided: decide.isPending || decide.isSuccess, error: decide.error };
}

/** Takes the card's place for who has just decided. */
function DecidedNote({ decision }: { decision: ProposalDecision | null }) {
  if (decision === null) return null;
  return (
    <p role="status" className="flex items-center gap-2 text-label text-faint">
      <ListChecks aria-hidden className="size-4 shrink-0" />
      {decision === "confirmed"
        ? `Commands of ${PROPOSAL_FILE} run in workspaces that are made from now on`
        : `Commands of ${PROPOSAL_FILE} do not run`}
    </p>
  );
}
