"use client";

import { useMutation } from "@tanstack/react-query";
import clsx from "clsx";
import { RotateCw } from "lucide-react";
import Link from "next/link";
import type { Batch } from "#lib/batch.ts";
import { readError } from "#components/api/read-error.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { formatCost, formatCount } from "#components/format/format-count.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { statusWords } from "#components/sessions/status-words.ts";
import { IconButton } from "#components/ui/button.tsx";
import { ItemMark } from "./batch-marks.tsx";
import type { BatchItemView } from "./batch-view.ts";
import { describeNoSession, reasonOfLine } from "./batch-words.ts";

interface BatchItemRowProps {
  batch: Batch;
  item: BatchItemView;
}

/** A line: on a phone its cells stand below each other. */
export function BatchItemRow({ batch, item }: BatchItemRowProps) {
  const { index, state, session, sessionId, reason, fault, conflictSha256, skippedCount } = item;
  const trpc = useTRPC();
  const retry = useMutation(trpc.batch.retry.mutationOptions());
  const canRetry = state === "failed" && fault === null && batch.state !== "aborted";
  const problem = retry.error ? readError(retry.error).message : null;
  return (
    <tr className="max-sm:flex max-sm:flex-wrap max-sm:items-center max-sm:gap-x-3 max-sm:gap-y-1 max-sm:border-b max-sm:border-line max-sm:px-3 max-sm:py-2.5 max-sm:last:border-b-0 sm:align-baseline sm:[&>*]:border-b sm:[&>*]:border-line sm:[&>*]:px-3 sm:[&>*]:py-2.5 sm:last:[&>*]:border-b-0">
      <th scope="row" className="font-normal text-faint tabular">
        {index}
      </th>
      <td className="whitespace-nowrap sm:pt-3! sm:align-top">
        <ItemMark state={state} />
      </td>
      <td className="min-w-0 max-sm:order-last max-sm:w-full sm:w-full">
        {session && sessionId !== null ? (
          <span className="flex flex-wrap items-baseline gap-x-2">
            <Link
              href={`/sessions/${sessionId}`}
              className="rounded font-medium wrap-anywhere text-accent underline-offset-2 hover:underline"
            >
              {visibleText(session.title)}
            </Link>
            <span className="text-meta text-faint">{statusWords[session.status]}</span>
          </span>
        ) : (
          <span className="text-faint">{describeNoSession(item)}</span>
        )}
        {reason !== null && (
          <span
            className={clsx("block text-meta", state === "failed" ? "text-danger" : "text-faint")}
          >
            {reasonOfLine(reason)}
          </span>
        )}
        {state === "done" && skippedCount !== null && skippedCount > 0 && (
          <span className="block text-meta text-warning">
            {formatCount(skippedCount, "item")} skipped
          </span>
        )}
        {problem !== null && <span className="block text-meta text-danger">{problem}</span>}
        {conflictSha256 !== null && (
          <span className="block text-meta text-warning">
            It came again with other content; this one stands.
          </span>
        )}
      </td>
      <td className="text-right text-meta text-soft tabular max-sm:ml-auto">
        {session?.costUsd == null ? "" : formatCost(session.costUsd)}
      </td>
      <td className="sm:py-1!">
        {canRetry && (
          <IconButton
            label={`Retry index ${index}`}
            disabled={retry.isPending}
            onClick={() => retry.mutate({ batchId: batch.batchId, indexes: [index] })}
          >
            <RotateCw aria-hidden />
          </IconButton>
        )}
      </td>
    </tr>
  );
}
