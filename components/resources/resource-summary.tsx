import clsx from "clsx";
import { ShieldCheck, ShieldOff } from "lucide-react";
import { formatBytes } from "#components/format/format-bytes.ts";
import { formatCores } from "./format-cores.ts";
import type { Resources } from "./resources.ts";

/** From this share of a limit on it is said in another colour. */
const NEARLY_FULL = 0.9;

const sandboxNames: Readonly<Record<string, string>> = { docker: "Docker" };

const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, one) => total + one, 0);

interface SummaryProps {
  resources: Resources;
  /** Cores by pid; null until two readings are there. */
  use: ReadonlyMap<number, number> | null;
}

/** The session as a whole against its limits, and what is not enforced here. */
export function ResourceSummary({ resources, use }: SummaryProps) {
  const { processes, diskBytes, diskMaxBytes, memoryMaxBytes, processesMax, gaps } = resources;
  const memoryBytes = sum(processes.map((process) => process.memoryBytes));
  const isIsolated = resources.sandbox !== "process";
  const Shield = isIsolated ? ShieldCheck : ShieldOff;
  return (
    <div className="border-b border-line px-5 py-4">
      <p className={clsx("flex items-center gap-2 text-label", !isIsolated && "text-warning")}>
        <Shield aria-hidden className="size-4 shrink-0" />
        {isIsolated
          ? `Isolated by ${sandboxNames[resources.sandbox] ?? resources.sandbox}`
          : "No sandbox: unsafe for what you do not trust"}
      </p>
      <dl className="mt-3 grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-2 text-label tabular">
        <dt className="text-faint">Processor</dt>
        <dd>{use === null ? "…" : formatCores(sum(use.values()))}</dd>
        <Share name="Memory" value={memoryBytes} limit={memoryMaxBytes} format={formatBytes} />
        <Share name="Processes" value={processes.length} limit={processesMax} format={String} />
        <Share name="Disk" value={diskBytes} limit={diskMaxBytes} format={formatBytes} />
      </dl>
      {gaps.length > 0 && (
        <ul aria-label="Not enforced on this machine" className="mt-3 text-meta text-soft">
          {gaps.map((gap) => (
            <li key={gap}>On this machine {gap}.</li>
          ))}
        </ul>
      )}
    </div>
  );
}

interface ShareProps {
  name: string;
  value: number;
  /** Null where there is none. */
  limit: number | null;
  format: (value: number) => string;
}

function Share({ name, value, limit, format }: ShareProps) {
  const isNearlyFull = limit !== null && value > limit * NEARLY_FULL;
  return (
    <>
      <dt className="text-faint">{name}</dt>
      <dd className={clsx("flex items-center gap-3", isNearlyFull && "text-danger")}>
        <span>
          {format(value)}
          <span className="text-faint">
            {limit === null ? " · no limit" : ` of ${format(limit)}`}
          </span>
          {isNearlyFull && " · nearly all"}
        </span>
        {limit !== null && (
          <Meter label={`${name} of its limit`} value={value} max={limit} isDanger={isNearlyFull} />
        )}
      </dd>
    </>
  );
}

interface MeterProps {
  label: string;
  value: number;
  max: number;
  isDanger: boolean;
}

/** Drawn by us: a browser's own has the colours of another theme. */
function Meter({ label, value, max, isDanger }: MeterProps) {
  const shown = Math.min(value, max);
  return (
    <span
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={max}
      aria-valuenow={shown}
      className="ml-auto h-1.5 w-20 shrink-0 overflow-hidden rounded-full bg-line"
    >
      <span
        className={clsx("block h-full min-w-px", isDanger ? "bg-danger" : "bg-accent")}
        style={{ width: `${(100 * shown) / max}%` }}
      />
    </span>
  );
}
