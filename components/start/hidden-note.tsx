import { TriangleAlert } from "lucide-react";

interface HiddenNoteProps {
  /** How many characters are hidden, at least 1. */
  count: number;
  onTakeOut: () => void;
}

/** A field cannot show what has no width or turns the direction, and a link may have brought it for that. */
export function HiddenNote({ count, onTakeOut }: HiddenNoteProps) {
  return (
    <span className="flex items-start gap-1.5 text-warning">
      <TriangleAlert aria-hidden className="mt-px size-3.5 shrink-0" />
      <span>
        {count === 1
          ? "1 character that you do not see here is"
          : `${count.toLocaleString("en")} characters that you do not see here are`}{" "}
        in this prompt, and may change how it reads; the agent gets them.{" "}
        <button
          type="button"
          onClick={onTakeOut}
          className="rounded text-accent underline underline-offset-2"
        >
          Take them out
        </button>
      </span>
    </span>
  );
}
