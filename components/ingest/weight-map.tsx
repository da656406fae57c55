"use client";

import { useQuery } from "@tanstack/react-query";
import { useAtomValue } from "jotai";
import { useTRPC } from "#components/api/trpc.ts";
import { formatBytes } from "#components/format/format-bytes.ts";
import { formatCount } from "#components/format/format-count.ts";
import { sessionIdAtom, sessionViewAtom } from "#components/session/session-atoms.ts";
import { PanelSection } from "./panel-section.tsx";
import { QueryNotice, RowsToCome } from "./query-notice.tsx";
import { formatShare } from "./recognised.ts";
import { liesOverPage } from "./side-sheet.tsx";
import { useIngestPanel } from "./use-ingest-panel.ts";
import { barsByKind, barsByTool, barsByTurn, type WeightBar } from "./weight-bars.ts";

const FRESH_MS = 60_000;

/** Where the bytes of the session are: by kind, by tool, by turn. */
export function WeightMap() {
  const trpc = useTRPC();
  const sessionId = useAtomValue(sessionIdAtom);
  const { data, error, isPending, refetch } = useQuery(
    trpc.upload.weight.queryOptions({ sessionId }, { staleTime: FRESH_MS }),
  );
  const tools = data ? barsByTool(data) : [];
  const toolBytes = tools.reduce((sum, { bytes }) => sum + bytes, 0);
  return (
    <PanelSection
      name="weight"
      title="Where the bytes are"
      note={data && `${formatBytes(data.bytes)} in ${formatCount(data.itemCount, "item")}`}
    >
      {isPending && <RowsToCome count={3} label="Weighing the session …" />}
      {error && (
        <div className="px-5 pt-3">
          <QueryNotice error={error} onRetry={() => void refetch()} />
        </div>
      )}
      {data?.itemCount === 0 && (
        <p className="px-5 pt-2 text-label text-faint">Nothing is stored yet.</p>
      )}
      {data && data.itemCount > 0 && (
        <div className="flex flex-col gap-5 px-5 pt-3">
          <Bars title="By kind" bars={barsByKind(data)} wholeBytes={data.bytes} noun="item" />
          {tools.length > 0 && (
            <Bars title="By tool" bars={tools} wholeBytes={toolBytes} noun="call" />
          )}
          {data.turns.length > 0 && (
            <Bars
              title={
                data.turnCount > data.turns.length
                  ? `By turn, the heaviest ${data.turns.length} of ${data.turnCount.toLocaleString("en")}`
                  : "By turn"
              }
              bars={barsByTurn(data)}
              wholeBytes={data.bytes}
              noun="message"
            />
          )}
        </div>
      )}
    </PanelSection>
  );
}

interface BarsProps {
  title: string;
  bars: readonly WeightBar[];
  wholeBytes: number;
  noun: string;
}

function Bars({ title, bars, wholeBytes, noun }: BarsProps) {
  return (
    <div className="flex flex-col gap-2">
      <h4 className="text-meta text-faint">{title}</h4>
      <ul aria-label={title} className="flex flex-col gap-2.5">
        {bars.map((bar) => (
          <li key={bar.label} className="flex flex-col gap-1">
            <div className="flex items-baseline justify-between gap-3 text-label">
              <BarLabel bar={bar} />
              <span
                title={formatCount(bar.count, noun)}
                className="shrink-0 text-meta text-soft tabular"
              >
                {formatBytes(bar.bytes)} · {formatShare(bar.bytes, wholeBytes)}
              </span>
            </div>
            <div aria-hidden className="h-1.5 rounded-full bg-sunken">
              <div
                className="h-full min-w-0.5 rounded-full bg-edge forced-colors:bg-[CanvasText]"
                style={{ width: `${wholeBytes === 0 ? 0 : (bar.bytes / wholeBytes) * 100}%` }}
              />
            </div>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** A link where the turn is on the page; earlier ones are not there before they are asked for. */
function BarLabel({ bar: { label, messageId } }: { bar: WeightBar }) {
  const { close } = useIngestPanel();
  const { messages } = useAtomValue(sessionViewAtom);
  const isOnPage = messages.some((message) => message.messageId === messageId);
  if (messageId === null || !isOnPage) {
    return (
      <span title={label} className="min-w-0 truncate">
        {label}
      </span>
    );
  }
  return (
    <a
      href={`#${messageId}`}
      title={label}
      onClick={() => liesOverPage() && close()}
      className="min-w-0 truncate rounded text-accent hover:underline"
    >
      {label}
    </a>
  );
}
