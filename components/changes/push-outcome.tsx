import Link from "next/link";
import { Check, CircleAlert, ExternalLink, LoaderCircle } from "lucide-react";
import { Button } from "#components/ui/button.tsx";
import { RelativeTime } from "#components/ui/relative-time.tsx";
import { StateMark } from "#components/ui/state-mark.tsx";
import type { BranchPush } from "#lib/changes/branch-push.ts";
import { isUnderWay, linkWords } from "./push-words.ts";

/** As much of a commit's id as people read. */
const ID_CHARACTERS = 8;

interface PushOutcomeProps {
  push: BranchPush;
  canPush: boolean;
  onOtherBranch: (branch: string) => void;
}

/** How the last push went, and what can be done with it. */
export function PushOutcome({ push, canPush, onOtherBranch }: PushOutcomeProps) {
  const { branch, status, commitId, endedAt, link, failure } = push;
  const freeBranch = failure?.freeBranch ?? null;
  return (
    <div className="flex flex-col items-start gap-1.5 text-label">
      <p className="flex max-w-full flex-wrap items-center gap-x-2 gap-y-1">
        <span role="status" className="contents">
          <Mark status={status} />
          <code className="min-w-0 font-mono text-code break-all">{branch}</code>
        </span>
        {commitId !== null && (
          <span className="text-meta text-faint">
            at <code className="font-mono">{commitId.slice(0, ID_CHARACTERS)}</code>
          </span>
        )}
        {endedAt !== null && (
          <span className="text-meta text-faint">
            <RelativeTime iso={endedAt} />
          </span>
        )}
      </p>
      {failure !== null && <p className="text-meta break-words text-soft">{failure.message}.</p>}
      {failure?.reason === "no_access" && (
        <p className="text-meta text-soft">
          A token must be allowed to write contents:{" "}
          <Link href="/settings#git-credentials" className="text-accent hover:underline">
            Git credentials
          </Link>
        </p>
      )}
      {freeBranch !== null && (
        <Button isSmall disabled={!canPush} onClick={() => onOtherBranch(freeBranch)}>
          Push to {freeBranch} instead
        </Button>
      )}
      {link !== null && !isUnderWay(push) && (
        <a
          href={link}
          target="_blank"
          rel="noreferrer"
          className="inline-flex items-center gap-1.5 rounded text-accent hover:underline"
        >
          <ExternalLink aria-hidden className="size-4" /> {linkWords(link)}
        </a>
      )}
    </div>
  );
}

function Mark({ status }: Pick<BranchPush, "status">) {
  switch (status) {
    case "waiting":
      return (
        <StateMark icon={LoaderCircle} word="Waiting to push to" colour="text-running" isTurning />
      );
    case "running":
      return <StateMark icon={LoaderCircle} word="Pushing to" colour="text-running" isTurning />;
    case "done":
      return <StateMark icon={Check} word="Pushed to" colour="text-success" />;
    case "failed":
      return <StateMark icon={CircleAlert} word="Not pushed to" colour="text-danger" />;
  }
}
