import clsx from "clsx";
import type { ComponentProps } from "react";

type Look = "primary" | "secondary" | "quiet" | "danger";

const looks: Record<Look, string> = {
  primary: "border-transparent bg-accent text-on-accent enabled:hover:bg-accent-strong",
  secondary: "border-edge bg-surface text-ink enabled:hover:bg-hover",
  quiet:
    "border-transparent bg-transparent text-soft enabled:hover:bg-hover enabled:hover:text-ink",
  danger: "border-danger bg-transparent text-danger enabled:hover:bg-danger-wash",
};

interface ButtonProps extends ComponentProps<"button"> {
  look?: Look;
  isSmall?: boolean;
}

/** A button of the page; `type` is `button` unless told otherwise. */
export function Button({
  look = "secondary",
  isSmall = false,
  className,
  type = "button",
  ...props
}: ButtonProps) {
  return (
    <button
      {...props}
      // oxlint-disable-next-line react/button-has-type
      type={type}
      className={clsx(
        "inline-flex shrink-0 items-center justify-center gap-2 rounded border font-medium whitespace-nowrap transition-colors",
        "disabled:cursor-not-allowed disabled:border-line disabled:bg-sunken disabled:text-faint",
        isSmall
          ? "h-7 px-2 text-meta pointer-coarse:h-9 pointer-coarse:px-3"
          : "h-9 px-3 text-label pointer-coarse:h-11 pointer-coarse:px-4",
        looks[look],
        className,
      )}
    />
  );
}

/** A square button with an icon; the label is its name and its tooltip. */
export function IconButton({
  label,
  className,
  ...props
}: ComponentProps<"button"> & { label: string }) {
  return (
    <button
      type="button"
      {...props}
      aria-label={label}
      title={label}
      className={clsx(
        "inline-flex size-8 shrink-0 items-center justify-center rounded text-soft transition-colors pointer-coarse:size-10",
        "enabled:hover:bg-hover enabled:hover:text-ink disabled:text-faint [&>svg]:size-4",
        className,
      )}
    />
  );
}
