"use client";

import { useEffect, useEffectEvent, useState } from "react";

/** Follows a value that changes often, at most once in so many milliseconds. */
export function usePaced<Value>(value: Value, intervalMs: number): Value {
  const [paced, setPaced] = useState(value);
  const isBehind = value !== paced;
  // What is newest when the time has come, not what began the waiting.
  const catchUp = useEffectEvent(() => setPaced(value));
  useEffect(() => {
    if (!isBehind) return undefined;
    const timer = setTimeout(() => catchUp(), intervalMs);
    return () => clearTimeout(timer);
  }, [isBehind, intervalMs]);
  return paced;
}
