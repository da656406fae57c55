import { formatBytes } from "#components/format/format-bytes.ts";
import { formatCores } from "./format-cores.ts";
import type { Resources } from "./resources.ts";

interface ProcessListProps {
  processes: Resources["processes"];
  /** Cores by pid; null until two readings are there. */
  use: ReadonlyMap<number, number> | null;
}

/** What runs for the session, oldest first, so that nothing jumps. */
export function ProcessList({ processes, use }: ProcessListProps) {
  if (processes.length === 0)
    return (
      <p className="px-5 py-4 text-label text-soft">
        Nothing runs now. The agent is started again with the next prompt.
      </p>
    );
  return (
    <table className="w-full text-meta tabular">
      <caption className="sr-only">Processes of this session</caption>
      <thead className="text-faint">
        <tr className="border-b border-line [&>th]:py-2 [&>th]:font-normal">
          <th scope="col" className="pl-5 text-left">
            Process
          </th>
          <th scope="col" className="pl-3 text-right">
            Processor
          </th>
          <th scope="col" className="pr-5 pl-3 text-right">
            Memory
          </th>
        </tr>
      </thead>
      <tbody>
        {processes.map(({ pid, startTicks, name, memoryBytes }) => (
          <tr key={`${pid}:${startTicks}`} className="border-b border-line [&>td]:py-1.5">
            <td className="max-w-0 w-full truncate pl-5 font-mono" title={`${name} (${pid})`}>
              {name}
            </td>
            <td className="pl-3 text-right whitespace-nowrap">
              {use === null ? "…" : formatCores(use.get(pid) ?? 0)}
            </td>
            <td className="pr-5 pl-3 text-right whitespace-nowrap">{formatBytes(memoryBytes)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
