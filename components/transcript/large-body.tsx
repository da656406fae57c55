"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useRef, useState, type ReactNode } from "react";
import type { WireItem } from "#lib/live-protocol.ts";
import { PREVIEW_MAX_BYTES } from "#lib/limits.ts";
import { formatBytes } from "#components/format/format-bytes.ts";
import type { JsonObject } from "#lib/json.ts";
import { ErrorText } from "#components/ui/field.tsx";
import { useLineRange } from "./lines/use-line-range.ts";
import { useFoundText } from "./use-found.ts";
import { fetchBeginning, fetchBody } from "./fetch-body.ts";
import { useTranscriptSource } from "./transcript-source.ts";
import { PartialBody } from "./partial-body.ts";
import { useNearScreen } from "./use-near-screen.ts";

/** Fetched whole without being asked for. */
const AUTO_MAX_BYTES = 1_000_000;
/** Of what is larger so much is. */
const BEGINNING_BYTES = 262_144;
/** More than this is offered as a download only: the page would choke on it. */
const LOAD_MAX_BYTES = 8_000_000;

interface LargeBodyProps {
  item: WireItem;
  /** As much as the preview holds; null when that cannot be read. */
  preview: JsonObject | null;
  /** It is open, or comes by itself when it is near the screen. */
  fetchWhen: "now" | "near";
  /** Its beginning is enough: nobody is told of the rest. */
  isQuiet?: boolean;
  children: (data: JsonObject) => ReactNode;
}

/** Shows the beginning of a body that was not sent whole, and gets the rest: by itself, or when asked. */
export function LargeBody({ item, preview, fetchWhen, isQuiet = false, children }: LargeBodyProps) {
  const place = useRef<HTMLDivElement>(null);
  const isNear = useNearScreen(place) || fetchWhen === "now";
  const [isWanted, setIsWanted] = useState(false);
  const isNamed = useLineRange(item.partId) !== null && item.byteSize <= LOAD_MAX_BYTES;
  const isFound = useFoundText() !== null && item.byteSize <= LOAD_MAX_BYTES;
  if (isFound && !isWanted) setIsWanted(true);
  const fetchesAll = isWanted || isNamed || item.byteSize <= AUTO_MAX_BYTES;
  const { data, error, isFetching, refetch } = useBody(item, { fetchesAll, isEnabled: isNear });
  if (data && (fetchesAll || item.byteSize <= data.byteCount)) return children(data.value);

  const shown = data?.value ?? preview;
  const shownBytes = data?.byteCount ?? Math.min(PREVIEW_MAX_BYTES, item.byteSize);
  const load = () => (isWanted ? void refetch() : setIsWanted(true));
  return (
    <div
      ref={place}
      data-waiting={isFetching || (isFound && error === null) || undefined}
      className="flex min-w-0 flex-col gap-1"
    >
      {shown !== null && <PartialBody value={true}>{children(shown)}</PartialBody>}
      <p className="text-meta text-faint" hidden={isQuiet}>
        {formatBytes(item.byteSize)}, showing the first {formatBytes(shownBytes)}
        {item.byteSize <= LOAD_MAX_BYTES && (
          <>
            {" · "}
            {isFetching ? (
              "Loading …"
            ) : (
              <button type="button" className={link} onClick={load}>
                Load all
              </button>
            )}
          </>
        )}
        {" · "}
        <BodyDownload item={item} />
      </p>
      {error && !isFetching && (
        <p className="text-meta">
          <ErrorText>The rest could not be loaded. Try again.</ErrorText>
        </p>
      )}
    </div>
  );
}

const link = "rounded font-medium text-accent underline underline-offset-2";

/** The whole item as it was stored. */
function BodyDownload({ item }: { item: WireItem }) {
  const { bodyUrl } = useTranscriptSource();
  return (
    <a href={bodyUrl(item)} download={`item-${item.seq}.json`} className={link}>
      Download
    </a>
  );
}

function useBody(
  item: WireItem,
  { fetchesAll, isEnabled }: { fetchesAll: boolean; isEnabled: boolean },
) {
  const url = useTranscriptSource().bodyUrl(item);
  return useQuery({
    queryKey: ["item-body", url, fetchesAll],
    queryFn: ({ signal }) =>
      fetchesAll
        ? fetchBody(url, signal)
        : fetchBeginning(url, { maxBytes: BEGINNING_BYTES, signal }),
    enabled: isEnabled,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 60_000,
  });
}
