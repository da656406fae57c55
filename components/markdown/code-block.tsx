"use client";

import { useRef } from "react";
import { visibleText } from "#components/format/visible-text.ts";
import { ColouredText, lineColours } from "#components/highlight/coloured-line.tsx";
import { languageOf } from "#components/highlight/languages.ts";
import { useColours, type Colours } from "#components/highlight/use-colours.ts";
import { LazyOutputBlock } from "#components/transcript/lazy-parts.tsx";
import { useNearScreen } from "#components/transcript/use-near-screen.ts";
import { CopyButton } from "#components/ui/copy-button.tsx";
import { useHydrated } from "#components/ui/use-hydrated.ts";

/** Longer code is drawn line by line where it is on screen. UTF-16 units. */
const WHOLE_MAX_LENGTH = 20_000;

/** Code as written, scrolling by itself when a line is long; copying gives the raw text. */
export function CodeBlock({ text, language }: { text: string; language: string }) {
  const name = visibleText(language.slice(0, 100).split(/\s/)[0] ?? "");
  const grammar = languageOf(name);
  if (text.length > WHOLE_MAX_LENGTH)
    return <LazyOutputBlock label="Code" text={text} language={grammar} />;
  return <WholeCode text={text} name={name} grammar={grammar} />;
}

interface WholeCodeProps {
  text: string;
  name: string;
  grammar: string | null;
}

function WholeCode({ text, name, grammar }: WholeCodeProps) {
  const figure = useRef<HTMLElement>(null);
  const isNear = useNearScreen(figure);
  // It does nothing before, and half of a short piece of code would be its picture.
  const isHydrated = useHydrated();
  const { colours } = useColours(text, grammar, isNear);
  return (
    <figure ref={figure} className="group/code relative rounded border border-line bg-sunken">
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
        <code>{colours === null ? visibleText(text) : drawLines(text, colours)}</code>
      </pre>
      {isHydrated && (
        <CopyButton
          text={text}
          label="Copy code"
          className="absolute top-1 right-1 bg-sunken opacity-0 group-focus-within/code:opacity-100 group-hover/code:opacity-100 pointer-coarse:opacity-100"
        />
      )}
    </figure>
  );
}

function drawLines(text: string, colours: Colours) {
  return text.split("\n").map((line, index) => (
    <span key={index}>
      {index > 0 && "\n"}
      <ColouredText text={line} line={lineColours(colours, index, line)} />
    </span>
  ));
}
