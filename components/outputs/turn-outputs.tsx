"use client";

import { useSetAtom } from "jotai";
import { formatCount } from "#components/format/format-count.ts";
import type { Turn } from "#components/transcript/build-turns.ts";
import { openOutputsAtom } from "./output-atoms.ts";
import { OutputCard } from "./output-card.tsx";
import { useOutputsByTurn } from "./turn-outputs-context.ts";
import { turnStart } from "./turn-range.ts";

/** What came out of a turn: its latest outputs, and the way to all of them. Nothing where nothing did. */
export function TurnOutputs({ turn }: { turn: Turn }) {
  const byTurn = useOutputsByTurn();
  const openOutputs = useSetAtom(openOutputsAtom);
  const start = turnStart(turn);
  const found = start === null ? undefined : byTurn.get(start);
  if (!found) return null;
  const { outputs, total } = found;
  return (
    <article aria-label="Outputs of this turn" className="flex min-w-0 flex-col gap-2">
      <h2 className="sr-only">Outputs</h2>
      <ul className="flex min-w-0 flex-col gap-2">
        {outputs.map((output) => (
          <li key={output.outputId} className="min-w-0">
            <OutputCard output={output} />
          </li>
        ))}
      </ul>
      {total > outputs.length && (
        <button
          type="button"
          onClick={() => openOutputs()}
          className="self-start rounded text-meta font-medium text-accent underline underline-offset-2 tabular pointer-coarse:py-2"
        >
          {formatCount(total - outputs.length, "more output")} of this turn
        </button>
      )}
    </article>
  );
}
