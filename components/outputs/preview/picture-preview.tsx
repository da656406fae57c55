"use client";

import { useQuery } from "@tanstack/react-query";
import clsx from "clsx";
import { useAtomValue } from "jotai";
import { useId, useState } from "react";
import type { Output } from "#lib/output.ts";
import { useTRPCClient } from "#components/api/trpc.ts";
import { formatRelativeTime } from "#components/format/format-relative-time.ts";
import { sessionStateAtom } from "#components/session/session-atoms.ts";
import { useNow } from "#components/ui/clock.tsx";
import { RelativeTime } from "#components/ui/relative-time.tsx";
import { OutputPicture } from "../output-picture.tsx";

/** A picture, and beside it another one of the same port where there are several: the older one comes first. */
export function PicturePreview({ output }: { output: Output }) {
  const others = useOthers(output);
  const [otherId, setOtherId] = useState("");
  const other = others.find(({ outputId }) => outputId === otherId);
  const shown = other ? [output, other].toSorted(byAge) : [output];
  return (
    <div className="flex flex-col">
      {others.length > 0 && <OtherField others={others} otherId={otherId} onChange={setOtherId} />}
      <div className={clsx("flex gap-px bg-line max-sm:flex-col", other && "max-sm:*:h-[36dvh]")}>
        {shown.map((each, place) => (
          <figure
            key={each.outputId}
            className="m-0 flex h-[60dvh] min-w-0 flex-1 flex-col bg-sunken"
          >
            <OutputPicture output={each} className="min-h-0 flex-1" />
            {other && (
              <figcaption className="border-t border-line bg-surface px-4 py-2 text-meta text-soft">
                {place === 0 ? "Older" : "Newer"} · <RelativeTime iso={each.createdAt} />
              </figcaption>
            )}
          </figure>
        ))}
      </div>
    </div>
  );
}

/** Ids sort as they were made. */
const byAge = (one: Output, two: Output) => (one.outputId < two.outputId ? -1 : 1);

interface OtherFieldProps {
  others: readonly Output[];
  otherId: string;
  onChange: (outputId: string) => void;
}

function OtherField({ others, otherId, onChange }: OtherFieldProps) {
  const id = useId();
  const nowMs = useNow();
  return (
    <div className="flex flex-wrap items-center gap-3 border-b border-line px-4 py-2 text-label">
      <label htmlFor={id}>Beside it</label>
      <select
        id={id}
        value={otherId}
        onChange={({ target }) => onChange(target.value)}
        className="field h-9 px-2 text-label pointer-coarse:h-11"
      >
        <option value="">Nothing</option>
        {others.map(({ outputId, createdAt, n }) => (
          <option key={outputId} value={outputId}>
            {formatRelativeTime(createdAt, nowMs)}
            {n > 0 ? ` (${n + 1})` : ""}
          </option>
        ))}
      </select>
    </div>
  );
}

/** The newest pictures of the same port besides this one. */
function useOthers({ outputId, port, sessionId }: Output): readonly Output[] {
  const client = useTRPCClient();
  const { seq } = useAtomValue(sessionStateAtom).outputs;
  const { data } = useQuery({
    queryKey: ["outputs-of-port", sessionId, port, seq],
    queryFn: () => client.output.list.query({ sessionId, port, kind: "picture" }),
    placeholderData: (before) => before,
  });
  return data?.outputs.filter((each) => each.outputId !== outputId) ?? [];
}
