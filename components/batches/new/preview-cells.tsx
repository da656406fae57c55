import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";

interface PreviewRowProps {
  /** In its file, or among the rows, from 1. */
  number: number;
  hasProblem: boolean;
  children: ReactNode;
}

export function PreviewRow({ number, hasProblem, children }: PreviewRowProps) {
  return (
    <tr
      data-problem={hasProblem}
      className="align-top [&>td]:border-b [&>td]:border-line [&>td]:px-3 [&>td]:py-2 last:[&>td]:border-b-0"
    >
      <td className="text-faint tabular">{number.toLocaleString("en")}</td>
      {children}
    </tr>
  );
}

/** Why a row is not sent, or will fail; nothing where nothing is known to be wrong. */
export function RowProblem({ problem }: { problem: string | null }) {
  if (problem === null) return null;
  return (
    <span className="mt-1 flex w-full items-start gap-1.5 text-meta text-danger">
      <CircleAlert aria-hidden className="mt-px size-3.5 shrink-0" />
      {problem}
    </span>
  );
}
