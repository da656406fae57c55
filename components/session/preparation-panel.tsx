"use client";

import { useMutation } from "@tanstack/react-query";
import clsx from "clsx";
import { useAtomValue } from "jotai";
import { ChevronRight, CircleCheck, CircleX, LoaderCircle } from "lucide-react";
import { useRouter } from "next/navigation";
import { readError } from "#components/api/read-error.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { formatDuration } from "#components/format/format-duration.ts";
import { Button } from "#components/ui/button.tsx";
import { ErrorText } from "#components/ui/field.tsx";
import { pendingSteps } from "#lib/preparation.ts";
import { preparationElapsedMs, preparationLine } from "./preparation-words.ts";
import { PreparationStepRow } from "./preparation-step-row.tsx";
import { sessionStateAtom } from "./session-atoms.ts";
import { SetupProposal } from "./setup-proposal.tsx";
import { StartOverButton } from "./start-over-button.tsx";
import { StepOutput } from "./step-output.tsx";

interface PreparationPanelProps {
  /** An answer follows, so the workspace is there although news of it may be late: both change places at once. */
  hasAnswer?: boolean;
}

/**
 * The way to a workspace as a checklist; one line once it is ready, which opens again. Nothing where there is none.
 * While it is under way only its words change: its height does not depend on what the steps say, before one fails.
 */
export function PreparationPanel(props: PreparationPanelProps) {
  return (
    <>
      <Preparation {...props} />
      <SetupProposal />
    </>
  );
}

function Preparation({ hasAnswer = false }: PreparationPanelProps) {
  const state = useAtomValue(sessionStateAtom);
  const { preparation, hasWorkspace, readyAt } = state;
  if (!hasWorkspace) return null;
  const isOver =
    preparation?.status === "ready" ||
    (preparation?.status === "running" && hasAnswer && readyAt === null);
  if (isOver) return <FoldedPreparation elapsedMs={preparationElapsedMs(preparation)} />;
  const hasFailed = preparation?.status === "failed";
  const isPrepared = preparation?.status === "prepared";
  const Icon = hasFailed ? CircleX : isPrepared ? CircleCheck : LoaderCircle;
  const colour = hasFailed ? "text-danger" : isPrepared ? "text-accent" : "text-running";
  return (
    <article
      aria-label="Preparation"
      className="overflow-hidden rounded border border-line bg-surface"
    >
      <h2
        className={clsx(
          "flex items-center gap-2 border-b border-line px-4 py-2.5 text-label font-medium",
          colour,
        )}
      >
        <Icon
          aria-hidden
          className={clsx("size-4 shrink-0", !hasFailed && !isPrepared && "turning")}
        />
        {preparationLine(state)}
      </h2>
      <StepList />
      {!isPrepared && <StepOutput />}
      {hasFailed && <FailedActions />}
    </article>
  );
}

/** With what each step has said, once its height may change. */
function StepList({ hasOutput = false }: { hasOutput?: boolean }) {
  const { preparation } = useAtomValue(sessionStateAtom);
  const steps = preparation?.steps ?? pendingSteps();
  return (
    <ol className="flex flex-col py-1.5">
      {steps.map((step) => (
        <PreparationStepRow key={step.step} step={step} hasOutput={hasOutput} />
      ))}
    </ol>
  );
}

function FoldedPreparation({ elapsedMs }: { elapsedMs: number }) {
  return (
    <article aria-label="Preparation">
      <details className="group text-label">
        <summary className="inline-flex items-center gap-2 rounded text-faint marker:content-none hover:text-ink">
          <CircleCheck aria-hidden className="size-4 text-success" />
          <span className="tabular">Workspace prepared in {formatDuration(elapsedMs)}</span>
          <ChevronRight
            aria-hidden
            className="size-3.5 transition-transform group-open:rotate-90"
          />
        </summary>
        <div className="mt-2 rounded border border-line bg-surface">
          <StepList hasOutput />
        </div>
      </details>
    </article>
  );
}

function FailedActions() {
  const trpc = useTRPC();
  const router = useRouter();
  const { sessionId, prompts } = useAtomValue(sessionStateAtom);
  const waitingCount = prompts.filter(({ status }) => status === "accepted").length;
  const retry = useMutation(trpc.session.retryPreparation.mutationOptions());
  const discard = useMutation(
    trpc.session.discard.mutationOptions({ onSuccess: () => router.push("/") }),
  );
  const error = retry.error ?? discard.error;
  const isBusy = retry.isPending || discard.isPending || discard.isSuccess;
  return (
    <div className="flex flex-col gap-3 border-t border-line bg-sunken px-4 py-3">
      <p className="text-label text-soft">
        {waitingCount > 1 ? "The prompts are kept." : "The prompt is kept."} What the failed attempt
        left behind was removed.
      </p>
      {error && (
        <p className="text-meta">
          <ErrorText>{readError(error).message}</ErrorText>
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        <Button look="primary" disabled={isBusy} onClick={() => retry.mutate({ sessionId })}>
          Retry
        </Button>
        <StartOverButton />
        <Button disabled={isBusy} onClick={() => discard.mutate({ sessionId })}>
          Discard
        </Button>
      </div>
    </div>
  );
}
