"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { Batch } from "#lib/batch.ts";
import { useTRPCClient } from "#components/api/trpc.ts";
import { usePaced } from "./use-paced.ts";

const READ_AGAIN_MS = 1_000;

/** Why lines of a batch failed, read again when more of them do. */
export function useFailures({ batchId, counts }: Batch) {
  const client = useTRPCClient();
  const failedCount = usePaced(counts.failed, READ_AGAIN_MS);
  return useQuery({
    queryKey: ["batch-failures", batchId, failedCount],
    queryFn: () => client.batch.failures.query({ batchId }),
    placeholderData: keepPreviousData,
    enabled: failedCount > 0,
  });
}
