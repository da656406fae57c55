import { CopyButton } from "#components/ui/copy-button.tsx";
import { visibleText } from "#components/format/visible-text.ts";

/** Code as written, scrolling by itself when a line is long; copying gives the raw text. */
export function CodeBlock({ text, language }: { text: string; language: string }) {
  const name = visibleText(language.split(/\s/)[0] ?? "");
  return (
    <figure className="group/code relative rounded border border-line bg-sunken">
      {name !== "" && (
        <figcaption className="border-b border-line px-3 py-1 font-mono text-meta text-faint">
          {name}
        </figcaption>
      )}
      <pre
        className="overflow-x-auto px-3 py-2.5 font-mono text-code"
        tabIndex={0}
        aria-label={name === "" ? "Code" : `Code, ${name}`}
      >
        <code>{visibleText(text)}</code>
      </pre>
      <CopyButton
        text={text}
        label="Copy code"
        className="absolute top-1 right-1 bg-sunken opacity-0 group-focus-within/code:opacity-100 group-hover/code:opacity-100 pointer-coarse:opacity-100"
      />
    </figure>
  );
}
