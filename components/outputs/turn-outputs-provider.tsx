"use client";

import { useQuery } from "@tanstack/react-query";
import { useAtomValue } from "jotai";
import { useMemo, type ReactNode } from "react";
import type { TurnOutputs } from "#lib/turn-outputs.ts";
import { useTRPCClient } from "#components/api/trpc.ts";
import { usePaced } from "#components/batches/use-paced.ts";
import { sessionStateAtom } from "#components/session/session-atoms.ts";
import { turnRangeAtom } from "./output-atoms.ts";
import { TurnOutputsContextProvider } from "./turn-outputs-context.ts";
import type { TurnRange } from "./turn-range.ts";

const PACE_MS = 300;

interface TurnOutputsProviderProps {
  /** As the server rendered it. */
  initial: TurnOutputs[];
  children: ReactNode;
}

/** Reads what came out of the turns on the page, again whenever an output begins or ends. */
export function TurnOutputsProvider({ initial, children }: TurnOutputsProviderProps) {
  const { output } = useTRPCClient();
  const { sessionId, generation, outputs } = useAtomValue(sessionStateAtom);
  const rangeText = useAtomValue(turnRangeAtom);
  const seq = usePaced(outputs.seq, PACE_MS);
  const range = useMemo(() => JSON.parse(rangeText) as TurnRange, [rangeText]);
  const { data } = useQuery({
    queryKey: ["turn-outputs", sessionId, generation, range, seq],
    queryFn: () => output.ofTurns.query({ sessionId, ...range }),
    enabled: outputs.count > 0 && range.starts.length > 0,
    // They change with `seq` alone.
    staleTime: Infinity,
    placeholderData: (before) => before ?? initial,
  });
  const byTurn = useMemo(
    () => new Map(outputs.count > 0 ? data?.map((turn) => [turn.start, turn]) : []),
    [data, outputs.count],
  );
  return <TurnOutputsContextProvider value={byTurn}>{children}</TurnOutputsContextProvider>;
}
