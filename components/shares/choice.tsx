import { useId, type ReactNode } from "react";

interface ChoiceProps {
  type: "checkbox" | "radio";
  /** Of the radios that belong together. */
  name?: string;
  label: string;
  /** What choosing it means. */
  meaning?: ReactNode;
  isChosen: boolean;
  isDisabled?: boolean;
  onChange: (isChosen: boolean) => void;
}

/** A box or a radio with what it means below its name. */
export function Choice({
  type,
  name,
  label,
  meaning,
  isChosen,
  isDisabled,
  onChange,
}: ChoiceProps) {
  const id = useId();
  return (
    <label className="-mx-2 flex items-start gap-3 rounded px-2 py-1.5 text-label hover:bg-hover pointer-coarse:py-2.5">
      <input
        type={type}
        name={name}
        aria-labelledby={`${id}-label`}
        aria-describedby={meaning ? `${id}-meaning` : undefined}
        checked={isChosen}
        disabled={isDisabled}
        onChange={(event) => onChange(event.target.checked)}
        className="mt-0.5 size-4 shrink-0"
      />
      <span className="flex min-w-0 flex-col">
        <span id={`${id}-label`} className="font-medium">
          {label}
        </span>
        {meaning && (
          <span id={`${id}-meaning`} className="text-meta text-soft">
            {meaning}
          </span>
        )}
      </span>
    </label>
  );
}
