"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { Output } from "#lib/output.ts";
import { usePaced } from "#components/batches/use-paced.ts";
import { fetchTail } from "./fetch-piece.ts";
import { useGrowth } from "./use-growth.ts";

/** The end of a text is read so far back. */
export const TAIL_BYTES = 65_536;
const PACE_MS = 1_000;

/** The last lines of a text, read again once a second while it grows; see `useQuery` for the rest. */
export function useTail(output: Output) {
  const { outputId, state } = output;
  const bytes = usePaced(useGrowth(output).bytes, PACE_MS);
  return useQuery({
    queryKey: ["output-tail", outputId, bytes, state],
    queryFn: async ({ signal }) => {
      const piece = await fetchTail(outputId, { bytes, maxBytes: TAIL_BYTES, signal });
      const text = new TextDecoder().decode(piece);
      return bytes <= TAIL_BYTES ? text : text.slice(text.indexOf("\n") + 1);
    },
    enabled: bytes > 0,
    staleTime: Infinity,
    gcTime: 0,
    placeholderData: keepPreviousData,
  });
}
