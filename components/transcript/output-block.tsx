import clsx from "clsx";
import { CopyButton } from "#components/ui/copy-button.tsx";
import { AnsiText } from "./ansi/ansi-text.tsx";
import { stripAnsi } from "./ansi/parse-ansi.ts";

interface OutputBlockProps {
  label: string;
  text: string;
  isError?: boolean;
}

/** Raw text at most half a screen high, scrolling inside; copying gives all of it. In `code`, because browsers drop a newline with which a `pre` begins. */
export function OutputBlock({ label, text, isError = false }: OutputBlockProps) {
  return (
    <div className="group/output relative">
      <pre
        tabIndex={0}
        aria-label={label}
        className={clsx(
          "max-h-[50dvh] overflow-auto rounded-sm bg-sunken px-3 py-2.5 pr-10 font-mono text-code [overflow-wrap:anywhere] whitespace-pre-wrap",
          isError && "text-danger",
        )}
      >
        <code>
          <AnsiText text={text} />
        </code>
      </pre>
      <CopyButton
        text={() => stripAnsi(text)}
        label={`Copy ${label.toLowerCase()}`}
        className="absolute top-1 right-1 bg-sunken opacity-0 group-focus-within/output:opacity-100 group-hover/output:opacity-100 pointer-coarse:opacity-100"
      />
    </div>
  );
}
