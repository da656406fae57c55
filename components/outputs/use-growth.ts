"use client";

import { atom, useAtomValue } from "jotai";
import { useMemo } from "react";
import type { Output } from "#lib/output.ts";
import { growthAtom } from "./output-atoms.ts";

/** How many bytes of an output can be read now, and how fast it grows; null for one that does not. */
export function useGrowth({ outputId, state, bytes }: Output) {
  const growth = useAtomValue(useMemo(() => atom((get) => get(growthAtom)[outputId]), [outputId]));
  if (state !== "writing") return { bytes, bytesPerSecond: null };
  return {
    bytes: Math.max(bytes, growth?.bytes ?? 0),
    bytesPerSecond: growth?.bytesPerSecond ?? null,
  };
}
