import clsx from "clsx";
import { ShieldOff } from "lucide-react";

interface UnsafeMarkProps {
  className: string;
  /** Says what it means, where there is room. */
  isLong?: boolean;
}

/**
 * That agents of some worker have no sandbox, which the page's root element tells (`data-unsafe`); nothing where all
 * have one.
 */
export function UnsafeMark({ className, isLong = false }: UnsafeMarkProps) {
  return (
    <span
      title="Agents run with the rights of this server: start only what you would run yourself."
      className={clsx(
        "hidden items-center gap-1.5 text-meta text-warning",
        !isLong && "whitespace-nowrap",
        className,
      )}
    >
      <ShieldOff aria-hidden className="size-3.5 shrink-0" />
      {isLong ? "No sandbox: unsafe for what you do not trust" : "No sandbox"}
    </span>
  );
}
