"use client";

import { useAtomValue } from "jotai";
import { TimerOff } from "lucide-react";
import { readError } from "#components/api/read-error.ts";
import { formatElapsed } from "#components/format/format-duration.ts";
import { useNow } from "#components/ui/clock.tsx";
import { Button } from "#components/ui/button.tsx";
import { ErrorText } from "#components/ui/field.tsx";
import { canStopAtom, isStoppingAtom, sessionStateAtom } from "./session-atoms.ts";
import { useInterrupt } from "./use-interrupt.ts";

/** Says that the agent has not been heard of for long, in its first turn also before its first word, and what can be done about it. */
export function SilenceBar() {
  const { silentSince } = useAtomValue(sessionStateAtom);
  const canStop = useAtomValue(canStopAtom);
  const isStopping = useAtomValue(isStoppingAtom);
  const { interrupt, error } = useInterrupt();
  if (silentSince === null || !canStop || isStopping) return null;
  return (
    <section
      aria-label="No sign of life"
      className="flex flex-wrap items-center gap-x-3 gap-y-1 rounded border border-line bg-sunken px-3 py-2 text-label text-soft"
    >
      <TimerOff aria-hidden className="size-4 shrink-0 text-warning" />
      <p className="min-w-0 flex-1">
        No sign of life from the agent for <SilentFor iso={silentSince} />. It may be at a long
        command, or hang.
      </p>
      <Button isSmall onClick={interrupt}>
        Stop the turn
      </Button>
      {error && (
        <p className="w-full text-meta">
          <ErrorText>{readError(error).message}</ErrorText>
        </p>
      )}
    </section>
  );
}

const SilentFor = ({ iso }: { iso: string }) => (
  <span className="tabular">{formatElapsed(useNow() - Date.parse(iso))}</span>
);
