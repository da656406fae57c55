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
  const { processes, diskBytes, enforced } = resources;
  const memoryBytes = sum(processes.map((process) => process.memoryBytes));
  const { diskMaxBytes, memoryMaxBytes, processesMax } = enforced ?? {};
  return (
    <div className="flex flex-col gap-3 border-b border-line px-5 py-4">
      <SandboxLine enforced={enforced} />
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-2 text-label tabular">
        <dt className="text-faint">Processor</dt>
        <dd>{use === null ? "…" : formatCores(sum(use.values()))}</dd>
        <Share name="Memory" value={memoryBytes} limit={memoryMaxBytes} format={formatBytes} />
        <Share name="Processes" value={processes.length} limit={processesMax} format={String} />
        <Share name="Disk" value={diskBytes} limit={diskMaxBytes} format={formatBytes} />
      </dl>
      <GapList enforced={enforced} />
    </div>
  );
}

/** The limits of a session that works where nobody here can look. */
export function LimitSummary({ enforced }: Pick<Resources, "enforced">) {
  const { diskMaxBytes, memoryMaxBytes, processesMax } = enforced ?? {};
  return (
    <div className="flex flex-col gap-3 px-5 pb-4">
      <SandboxLine enforced={enforced} />
      {enforced && (
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-2 text-label tabular">
          <Limit name="Memory" limit={memoryMaxBytes} format={formatBytes} />
          <Limit name="Processes" limit={processesMax} format={String} />
          <Limit name="Disk" limit={diskMaxBytes} format={formatBytes} />
        </dl>
      )}
      <GapList enforced={enforced} />
    </div>
  );
}

function SandboxLine({ enforced }: Pick<Resources, "enforced">) {
  if (enforced === null)
    return (
      <p className="text-label text-soft">
        No worker runs on the session’s machine now: its limits are told once one does.
      </p>
    );
  const isIsolated = enforced.sandbox !== "process";
  const Shield = isIsolated ? ShieldCheck : ShieldOff;
  return (
    <p className={clsx("flex items-center gap-2 text-label", !isIsolated && "text-warning")}>
      <Shield aria-hidden className="size-4 shrink-0" />
      {isIsolated
        ? `Isolated by ${sandboxNames[enforced.sandbox] ?? enforced.sandbox}`
        : "No sandbox: unsafe for what you do not trust"}
    </p>
  );
}

function GapList({ enforced }: Pick<Resources, "enforced">) {
  if (enforced === null || enforced.gaps.length === 0) return null;
  return (
    <ul aria-label="Not enforced for this session" className="text-meta text-soft">
      {enforced.gaps.map((gap) => (
        <li key={gap}>On the session’s machine {gap}.</li>
      ))}
    </ul>
  );
}

interface LimitProps {
  name: string;
  /** Null where there is none; left out where none is known. */
  limit: number | null | undefined;
  format: (value: number) => string;
}

function Limit({ name, limit, format }: LimitProps) {
  if (limit === undefined) return null;
  return (
    <>
      <dt className="text-faint">{name}</dt>
      <dd>{limit === null ? "no limit" : `at most ${format(limit)}`}</dd>
    </>
  );
}

function Share({ name, value, limit, format }: LimitProps & { value: number }) {
  const isNearlyFull = typeof limit === "number" && value > limit * NEARLY_FULL;
  return (
    <>
      <dt className="text-faint">{name}</dt>
      <dd className={clsx("flex items-center gap-3", isNearlyFull && "text-danger")}>
        <span>
          {format(value)}
          <span className="text-faint">
            {limit === null && " · no limit"}
            {typeof limit === "number" && ` of ${format(limit)}`}
          </span>
          {isNearlyFull && " · nearly all"}
        </span>
        {typeof limit === "number" && (
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
