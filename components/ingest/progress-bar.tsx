import clsx from "clsx";

interface ProgressBarProps {
  /** What moves, for those who do not see it. */
  label: string;
  /** From 0 to 1; null when nobody can know. */
  value: number | null;
  tone?: "running" | "waiting" | "success" | "danger";
}

const tones = {
  running: "bg-running",
  waiting: "bg-edge",
  success: "bg-success",
  danger: "bg-danger",
} as const;

/** A line that fills; words beside it say the same. Without a known end it stays empty rather than pretend. */
export function ProgressBar({ label, value, tone = "running" }: ProgressBarProps) {
  const percent = value === null ? null : Math.floor(value * 100);
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(percent !== null && { "aria-valuenow": percent })}
      className="h-1.5 w-full overflow-hidden rounded-full border border-line bg-sunken forced-colors:border-[CanvasText]"
    >
      <div
        className={clsx("h-full rounded-full transition-[width]", tones[tone])}
        style={{ width: `${(value ?? 0) * 100}%` }}
      />
    </div>
  );
}
