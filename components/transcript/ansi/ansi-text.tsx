import clsx from "clsx";
import { memo } from "react";
import { visibleText } from "#components/format/visible-text.ts";
import { parseAnsi, type AnsiColour } from "./parse-ansi.ts";

const classes: Record<AnsiColour, string> = {
  red: "text-ansi-red",
  green: "text-ansi-green",
  yellow: "text-ansi-yellow",
  blue: "text-ansi-blue",
  magenta: "text-ansi-magenta",
  cyan: "text-ansi-cyan",
  dim: "text-faint",
};

/** More text than this is shown without colours: every run is an element. UTF-16 units. */
const COLOUR_MAX_LENGTH = 100_000;

/** Terminal output in its colours. */
export const AnsiText = memo(function AnsiText({ text }: { text: string }) {
  if (!text.includes("\u001b") && !text.includes("\r")) return visibleText(text);
  const runs = parseAnsi(text).map((run) => ({ ...run, text: visibleText(run.text) }));
  if (text.length > COLOUR_MAX_LENGTH) return runs.map((run) => run.text).join("");
  return runs.map((run, index) => {
    const className = clsx(
      run.colour && classes[run.colour],
      run.isBold && "font-semibold",
      run.isDim && "text-faint",
      run.isItalic && "italic",
      run.isUnderlined && "underline",
    );
    return className === "" ? (
      run.text
    ) : (
      <span key={index} className={className}>
        {run.text}
      </span>
    );
  });
});
