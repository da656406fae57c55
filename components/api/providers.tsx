"use client";

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createTRPCClient, httpLink } from "@trpc/client";
import { Provider as AtomProvider } from "jotai";
import { useState, type ReactNode } from "react";
import type { AppRouter } from "#server/routers/app-router.ts";
import { readError } from "./read-error.ts";
import { TRPCProvider } from "./trpc.ts";

const FRESH_MS = 10_000;
const RETRIES = 2;

/** Queries, procedures and atoms for the whole page. */
export function Providers({ children }: { children: ReactNode }) {
  const [queryClient] = useState(createQueryClient);
  // One request per call: a start never waits for a slow query that happens to be made at the same moment.
  const [trpcClient] = useState(() =>
    createTRPCClient<AppRouter>({ links: [httpLink({ url: "/api/trpc" })] }),
  );
  return (
    <QueryClientProvider client={queryClient}>
      <TRPCProvider trpcClient={trpcClient} queryClient={queryClient}>
        <AtomProvider>{children}</AtomProvider>
      </TRPCProvider>
    </QueryClientProvider>
  );
}

function createQueryClient() {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: FRESH_MS,
        retry: (failureCount, error) => failureCount < RETRIES && isPassing(error),
      },
    },
  });
}

function isPassing(error: unknown): boolean {
  const { code } = readError(error);
  return code === "offline" || code === "unavailable" || code === "rate_limited";
}
