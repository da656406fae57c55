"use client";

import { useQuery } from "@tanstack/react-query";
import type { Output } from "#lib/output.ts";
import { fetchPiece } from "../fetch-piece.ts";

/** The first bytes of an output that does not grow any more. */
export function useBeginning({ outputId, state, bytes }: Output, maxBytes: number) {
  return useQuery({
    queryKey: ["output-beginning", outputId, state, maxBytes],
    queryFn: ({ signal }) => fetchPiece(outputId, { range: `0-${maxBytes - 1}`, signal }),
    enabled: bytes > 0,
    staleTime: Infinity,
    gcTime: 0,
  });
}
