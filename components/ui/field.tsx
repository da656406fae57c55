import clsx from "clsx";
import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";

interface FieldProps {
  label: string;
  /** Id of the control. */
  controlId: string;
  hint?: ReactNode;
  /** What is wrong with the value; null when nothing is known to be. */
  error?: string | null;
  className?: string;
  children: ReactNode;
}

/** A labelled control with its hint, or what is wrong with it; the control names `<id>-note` in `aria-describedby`. */
export function Field({ label, controlId, hint, error = null, className, children }: FieldProps) {
  return (
    <div className={clsx("flex min-w-0 flex-col gap-1.5", className)}>
      <label htmlFor={controlId} className="self-start text-label font-medium">
        {label}
      </label>
      {children}
      {(error !== null || hint) && (
        <div id={`${controlId}-note`} className="text-meta">
          {error === null ? (
            <span className="text-faint">{hint}</span>
          ) : (
            <ErrorText>{error}</ErrorText>
          )}
        </div>
      )}
    </div>
  );
}

export function ErrorText({ children }: { children: ReactNode }) {
  return (
    <span role="alert" className="flex items-start gap-1.5 text-danger">
      <CircleAlert aria-hidden className="mt-px size-3.5 shrink-0" />
      <span className="min-w-0">{children}</span>
    </span>
  );
}
