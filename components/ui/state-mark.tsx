import clsx from "clsx";
import type { LucideIcon } from "lucide-react";
import type { ComponentProps } from "react";

interface StateMarkProps extends Omit<ComponentProps<"span">, "children" | "title"> {
  icon: LucideIcon;
  word: string;
  /** A text colour class. */
  colour: string;
  /** The icon turns: something is at work. */
  isTurning?: boolean;
  /** Only the icon is seen; the word is read out. */
  hidesWord?: boolean;
}

/** How something is getting on: icon and word, never the colour alone. */
export function StateMark(props: StateMarkProps) {
  const { icon: Icon, word, colour, isTurning = false, hidesWord = false, ...rest } = props;
  return (
    <span
      {...rest}
      title={hidesWord ? word : undefined}
      className={clsx(
        "inline-flex shrink-0 items-center gap-1.5 text-meta font-medium",
        colour,
        rest.className,
      )}
    >
      <Icon aria-hidden className={clsx("size-3.5 shrink-0", isTurning && "turning")} />
      <span className={clsx(hidesWord && "sr-only")}>{word}</span>
    </span>
  );
}
