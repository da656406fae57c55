"use client";

import { useSyncExternalStore } from "react";
import type { Transfer } from "./transfer.ts";
import { getTransfers } from "./transfers.ts";

const none: readonly Transfer[] = [];

/** The files that this page sends; none on the server. */
export function useTransfers(): readonly Transfer[] {
  return useSyncExternalStore(
    (listener) => getTransfers().subscribe(listener),
    () => getTransfers().get(),
    () => none,
  );
}
