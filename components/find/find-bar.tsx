"use client";

import { useAtom, useSetAtom, useStore } from "jotai";
import { ChevronDown, ChevronUp, X } from "lucide-react";
import { useEffect, useRef, useState, type KeyboardEvent, type RefObject } from "react";
import type { FoundItem } from "#lib/transcript.ts";
import { formatCount } from "#components/format/format-count.ts";
import { findTextAtom, foundAtom, holdPlaceAtom } from "#components/session/session-atoms.ts";
import { useGoTo } from "#components/transcript/use-go-to.ts";
import { Button, IconButton } from "#components/ui/button.tsx";
import { placeWords, stepPlace, type FoundPlace } from "./find-steps.ts";
import { markFound, unmarkFound, type Found } from "./mark-found.ts";
import { openFound } from "./open-found.ts";
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
    onFirst: (first) => show(first, { item: 0, match: 0 }, text),
  });
  const { found } = finding;
  const [walk, setWalk] = useState<Walk>(newWalk(""));
  const { place, shownCounts } = walk.text === finding.text ? walk : newWalk("");
  const counts = found.map(({ count }, item) => shownCounts.get(item) ?? count);
  const current = found[place.item];

  /** What is counted in a stored item may be more or less than what the page shows of it. */
  function noteCount(of: string, item: number, count: number) {
    setWalk((before) => {
      const now = before.text === of ? before : newWalk(of);
      return { ...now, shownCounts: new Map(now.shownCounts).set(item, Math.max(1, count)) };
    });
  }

  function show(item: FoundItem, at: FoundPlace, of: string) {
    const onCount = (count: number) => noteCount(of, at.item, count);
    void showFound(item, { text: of, match: at.match, onCount });
  }

  useEffect(() => field.current?.focus(), []);

  function step(by: 1 | -1) {
    if (found.length === 0) return;
    const next = stepPlace(place, by, counts);
    const item = found[next.item];
    if (!item) return;
    setWalk({ text: finding.text, place: next, shownCounts });
    show(item, next, finding.text);
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
            {resultWords(finding, place, counts)}
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

/** Where somebody is among what was found of a text. */
interface Walk {
  text: string;
  place: FoundPlace;
  /** Occurrences that items show on the page, by the index of the item, as far as it is known. */
  shownCounts: ReadonlyMap<number, number>;
}

const newWalk = (text: string): Walk => ({
  text,
  place: { item: 0, match: 0 },
  shownCounts: new Map<number, number>(),
});

/** Brings an item on screen, opens it and marks what was found in it; the field keeps the focus. */
function useShowFound(field: RefObject<HTMLInputElement | null>) {
  const goTo = useGoTo();
  const store = useStore();
  const last = useRef<{ partPlace: string; element: HTMLElement } | null>(null);
  const askedCount = useRef(0);
  return async ({ messageId, partId }: FoundItem, found: Found) => {
    const partPlace = partId === "" ? messageId : `${messageId}/${partId}`;
    const shown = last.current;
    let element =
      shown?.partPlace === partPlace && shown.element.isConnected ? shown.element : null;
    askedCount.current += 1;
    const number = askedCount.current;
    if (element !== null) store.set(holdPlaceAtom);
    else {
      unmarkFound();
      element = await goTo(partPlace);
      if (number !== askedCount.current) return;
      field.current?.focus({ preventScroll: true });
    }
    if (element === null) return;
    last.current = { partPlace, element };
    store.set(foundAtom, { partId, text: found.text });
    markFound(openFound(element, partId), found);
  };
}

function resultWords(
  { text, found, isSearching, isCut, error }: Finding,
  place: FoundPlace,
  counts: readonly number[],
): string {
  if (error !== null) return error;
  if (text === "") return "";
  if (found.length === 0) return isSearching ? "Searching …" : "Nothing found";
  return placeWords(place, counts, isSearching || isCut);
}
