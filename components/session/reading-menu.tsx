"use client";

import { useAtom, useAtomValue, useSetAtom, useStore } from "jotai";
import {
  ArrowDownToLine,
  ArrowUpToLine,
  BookOpen,
  Eye,
  EyeOff,
  FolderOutput,
  ListTree,
  Search,
} from "lucide-react";
import { writeCookie } from "#components/frame/write-cookie.ts";
import { toggleOutputsAtom } from "#components/outputs/output-atoms.ts";
import { IconButton } from "#components/ui/button.tsx";
import { Menu, MenuChoice, MenuChoiceItem, MenuItem, MenuSeparator } from "#components/ui/menu.tsx";
import { useGoTo } from "#components/transcript/use-go-to.ts";
import { formatReading, READING_COOKIE } from "./reading-cookie.ts";
import {
  findTextAtom,
  hiddenPartsAtom,
  isFollowingAtom,
  isOutlineOpenAtom,
  isOutputsOpenAtom,
  partFilters,
  readingModeAtom,
  readingModes,
  sessionViewAtom,
  viewerModeAtom,
  type PartFilter,
  type ReadingMode,
} from "./session-atoms.ts";
import { useTranscriptWindow } from "./transcript-window-context.ts";

const modeWords: Record<ReadingMode, string> = {
  everything: "Everything",
  compact: "Finished turns folded",
  answers: "Prompts and answers only",
};

const filterWords: Record<PartFilter, string> = {
  text: "texts",
  tools: "tool calls",
  reasoning: "reasoning",
  steps: "steps",
  others: "everything else",
};

/** How the transcript is read: where to go, what to look for, and how much of it to see. */
export function ReadingMenu() {
  const goTo = useGoTo();
  const setFindText = useSetAtom(findTextAtom);
  const setIsFollowing = useSetAtom(isFollowingAtom);
  const [isOutlineOpen, setIsOutlineOpen] = useAtom(isOutlineOpenAtom);
  const [isOutputsOpen, setIsOutputsOpen] = useAtom(isOutputsOpenAtom);
  const toggleOutputs = useSetAtom(toggleOutputsAtom);
  const isOwner = useAtomValue(viewerModeAtom) === "owner";
  const [hiddenParts, setHiddenParts] = useAtom(hiddenPartsAtom);
  const { mode, changeMode } = useReadingMode();

  function toggleOutline() {
    setIsOutputsOpen(false);
    setIsOutlineOpen(!isOutlineOpen);
  }

  function toggle(filter: PartFilter) {
    const next = new Set(hiddenParts);
    if (!next.delete(filter)) next.add(filter);
    setHiddenParts(next);
    remember(mode, next);
  }

  return (
    <Menu
      trigger={
        <IconButton label="Reading">
          <BookOpen aria-hidden />
        </IconButton>
      }
    >
      <MenuItem onSelect={toggleOutline}>
        <ListTree aria-hidden /> {isOutlineOpen ? "Hide the outline" : "Outline"}
      </MenuItem>
      {isOwner && (
        <MenuItem onSelect={toggleOutputs}>
          <FolderOutput aria-hidden /> {isOutputsOpen ? "Hide the outputs" : "Outputs"}
        </MenuItem>
      )}
      <MenuItem onSelect={() => setFindText((text) => text ?? "")}>
        <Search aria-hidden /> Find in this session
      </MenuItem>
      <MenuItem onSelect={() => void goTo("start", { keepsAddress: true })}>
        <ArrowUpToLine aria-hidden /> Go to the beginning
      </MenuItem>
      <MenuItem onSelect={() => setIsFollowing(true)}>
        <ArrowDownToLine aria-hidden /> Go to the latest
      </MenuItem>
      <MenuSeparator />
      <MenuChoice value={mode} onChange={(value) => void changeMode(value as ReadingMode)}>
        {readingModes.map((value) => (
          <MenuChoiceItem key={value} value={value}>
            {modeWords[value]}
          </MenuChoiceItem>
        ))}
      </MenuChoice>
      <MenuSeparator />
      {partFilters.map((filter) => (
        <MenuItem key={filter} onSelect={() => toggle(filter)}>
          {hiddenParts.has(filter) ? <EyeOff aria-hidden /> : <Eye aria-hidden />}
          {hiddenParts.has(filter) ? "Show" : "Hide"} {filterWords[filter]}
        </MenuItem>
      ))}
    </Menu>
  );
}

/** For all sessions that this browser opens. */
function remember(mode: ReadingMode, hiddenParts: ReadonlySet<PartFilter>) {
  writeCookie(READING_COOKIE, formatReading({ mode, hiddenParts: [...hiddenParts] }));
}

/** What is loaded belongs to a mode: between some of them it is read anew, around what is on screen. */
function useReadingMode() {
  const store = useStore();
  const window = useTranscriptWindow();
  const [mode, setMode] = useAtom(readingModeAtom);
  async function changeMode(next: ReadingMode) {
    const isOther = (next === "answers") !== (mode === "answers");
    const { messages, before, after } = store.get(sessionViewAtom);
    setMode(next);
    remember(next, store.get(hiddenPartsAtom));
    const isWhole = before === null && after === null && next === "answers";
    if (!isOther || isWhole) return;
    const place = promptInSight(messages.map(({ messageId }) => messageId));
    await window.open(place ?? "start");
  }
  return { mode, changeMode };
}

function promptInSight(loadedIds: readonly string[]): string | null {
  const prompts = [...document.querySelectorAll<HTMLElement>("[role=feed] [data-prompt]")];
  const inSight = prompts.find((each) => each.getBoundingClientRect().bottom > 0);
  return inSight?.id ?? loadedIds[0] ?? null;
}
