"use client";

import { useAtom, useSetAtom } from "jotai";
import { ChevronDown, ChevronUp, X } from "lucide-react";
import { useEffect, useRef, useState, type KeyboardEvent, type RefObject } from "react";
import type { FoundItem } from "#lib/transcript.ts";
import { formatCount } from "#components/format/format-count.ts";
import { findTextAtom, foundAtom } from "#components/session/session-atoms.ts";
import { useGoTo } from "#components/transcript/use-go-to.ts";
import { Button, IconButton } from "#components/ui/button.tsx";
import { markFound, unmarkFound } from "./mark-found.ts";
import { useFind, type Finding } from "./use-find.ts";

/** Finds a text in the whole session, also where it is not loaded; nothing while nobody looks for one. */
export function FindBar() {
  const [text, setText] = useAtom(findTextAtom);
  const setFound = useSetAtom(foundAtom);
  if (text === null) return null;
  return (
    <OpenFindBar
      text={text}
      onChange={setText}
      onClose={() => {
        unmarkFound();
        setFound(null);
        setText(null);
      }}
    />
  );
}

interface OpenFindBarProps {
  text: string;
  onChange: (text: string) => void;
  onClose: () => void;
}

function OpenFindBar({ text, onChange, onClose }: OpenFindBarProps) {
  const field = useRef<HTMLInputElement>(null);
  const showFound = useShowFound(field);
  // Of this text alone: the next one is looked for as quickly as ever.
  const [thoroughText, setThoroughText] = useState<string | null>(null);
  const finding = useFind(text, {
    isThorough: thoroughText === text,
    onFirst: (first) => void showFound(first, text),
  });
  const { found } = finding;
  const [place, setPlace] = useState({ text: "", index: 0 });
  const index = place.text === finding.text ? place.index : 0;
  const current = found[index];

  useEffect(() => field.current?.focus(), []);

  function step(by: number) {
    const next = (index + by + found.length) % found.length;
    const item = found[next];
    if (!item) return;
    setPlace({ text: finding.text, index: next });
    void showFound(item, finding.text);
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === "Escape") onClose();
    else if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  return (
    <search className="sticky top-13 z-10 border-b border-line bg-canvas">
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- keys of the field and its buttons */}
      <div
        onKeyDown={onKeyDown}
        className="mx-auto flex w-full max-w-[52rem] flex-col gap-1 px-4 py-2 sm:px-6"
      >
        <div className="flex items-center gap-2">
          <input
            ref={field}
            type="search"
            aria-label="Find in this session"
            aria-describedby="find-result"
            placeholder="Find in this session"
            value={text}
            maxLength={500}
            onChange={(event) => onChange(event.target.value)}
            className="field h-8 min-w-0 flex-1 px-2.5 text-label pointer-coarse:h-10"
          />
          <p id="find-result" className="shrink-0 text-meta text-faint tabular">
            {resultWords(finding, index)}
          </p>
          <IconButton label="Previous match" disabled={found.length === 0} onClick={() => step(-1)}>
            <ChevronUp aria-hidden />
          </IconButton>
          <IconButton label="Next match" disabled={found.length === 0} onClick={() => step(1)}>
            <ChevronDown aria-hidden />
          </IconButton>
          <IconButton label="Close" onClick={onClose}>
            <X aria-hidden />
          </IconButton>
        </div>
        {current && (
          <p className="truncate text-meta text-faint">
            {current.snippet.before}
            <mark className="bg-accent-wash text-ink">{current.snippet.match}</mark>
            {current.snippet.after}
          </p>
        )}
        <Unsearched finding={finding} onSearch={() => setThoroughText(text)} />
      </div>
    </search>
  );
}

interface UnsearchedProps {
  finding: Finding;
  onSearch: () => void;
}

/** What was not looked at is said, and the way to have it looked at. */
function Unsearched({ finding, onSearch }: UnsearchedProps) {
  const { unsearchedCount, isThorough, isSearching } = finding;
  if (unsearchedCount === 0) return null;
  const items = formatCount(unsearchedCount, "large output");
  if (isThorough) return <p className="text-meta text-faint">{items} could not be searched.</p>;
  const isOne = unsearchedCount === 1;
  return (
    <p className="flex items-center gap-2 text-meta text-faint">
      {items} {isOne ? "was" : "were"} not searched.
      <Button isSmall disabled={isSearching} onClick={onSearch}>
        Search {isOne ? "it" : "them"} too
      </Button>
    </p>
  );
}

/** Brings an item on screen, opens it and marks what was found in it; the field keeps the focus. */
function useShowFound(field: RefObject<HTMLInputElement | null>) {
  const goTo = useGoTo();
  const setFound = useSetAtom(foundAtom);
  return async ({ messageId, partId }: FoundItem, text: string) => {
    const element = await goTo(partId === "" ? messageId : `${messageId}/${partId}`);
    field.current?.focus({ preventScroll: true });
    if (element === null) return;
    setFound({ partId, text });
    element.querySelector<HTMLElement>("[data-opens][aria-expanded=false]")?.click();
    markFound(element, text);
  };
}

function resultWords({ text, found, isSearching, isCut, error }: Finding, index: number): string {
  if (error !== null) return error;
  if (text === "") return "";
  if (found.length === 0) return isSearching ? "Searching …" : "Nothing found";
  const more = isSearching || isCut ? "+" : "";
  const count = found.reduce((sum, item) => sum + item.count, 0);
  const places = `${(index + 1).toLocaleString("en")} of ${found.length.toLocaleString("en")}${more}`;
  return count === found.length
    ? places
    : `${places} · ${count.toLocaleString("en")}${more} matches`;
}
