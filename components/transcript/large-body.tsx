"use client";

import { useQuery } from "@tanstack/react-query";
import { useAtomValue } from "jotai";
import { useState, type ReactNode } from "react";
import type { WireItem } from "#lib/live-protocol.ts";
import { PREVIEW_MAX_BYTES } from "#lib/limits.ts";
import { formatBytes } from "#components/format/format-bytes.ts";
import { parseObject, type JsonObject } from "#components/session/json.ts";
import { sessionIdAtom } from "#components/session/session-atoms.ts";
import { ErrorText } from "#components/ui/field.tsx";

/** More than this is offered as a download only: the page would choke on it. */
const LOAD_MAX_BYTES = 8_000_000;

interface LargeBodyProps {
  item: WireItem;
  /** As much as the preview holds; null when that cannot be read. */
  preview: JsonObject | null;
  children: (data: JsonObject) => ReactNode;
}

/** Shows the beginning of a body that was not sent whole, and gets the rest when asked. */
export function LargeBody({ item, preview, children }: LargeBodyProps) {
  const sessionId = useAtomValue(sessionIdAtom);
  const [isWanted, setIsWanted] = useState(false);
  const url = `/api/v1/sessions/${sessionId}/items/${item.seq}/body`;
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ["item-body", sessionId, item.seq],
    queryFn: ({ signal }) => fetchBody(url, signal),
    enabled: isWanted,
    staleTime: Infinity,
    gcTime: 60_000,
  });
  if (data) return children(data);

  const link = "rounded font-medium text-accent underline underline-offset-2";
  return (
    <div className="flex flex-col gap-1">
      {preview !== null && children(preview)}
      <p className="text-meta text-faint">
        {formatBytes(item.byteSize)}, showing the first{" "}
        {formatBytes(Math.min(PREVIEW_MAX_BYTES, item.byteSize))}
        {item.byteSize <= LOAD_MAX_BYTES && (
          <>
            {" · "}
            {isFetching ? (
              "Loading …"
            ) : (
              <button
                type="button"
                className={link}
                onClick={() => (isWanted ? void refetch() : setIsWanted(true))}
              >
                Load all
              </button>
            )}
          </>
        )}
        {" · "}
        <a href={url} download={`item-${item.seq}.json`} className={link}>
          Download
        </a>
      </p>
      {error && !isFetching && (
        <p className="text-meta">
          <ErrorText>The rest could not be loaded. Try again.</ErrorText>
        </p>
      )}
    </div>
  );
}

async function fetchBody(url: string, signal: AbortSignal): Promise<JsonObject> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`The body was answered with ${response.status}`);
  const data = parseObject(await response.text());
  if (data === null) throw new Error("The body is not a JSON object");
  return data;
}
