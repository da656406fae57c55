"use client";

import { useAtomValue } from "jotai";
import { Ellipsis, Link2, Quote, ScrollText } from "lucide-react";
import { readingModeAtom } from "#components/session/session-atoms.ts";
import { IconButton } from "#components/ui/button.tsx";
import { Menu, MenuItem } from "#components/ui/menu.tsx";
import type { Turn } from "./build-turns.ts";
import { turnToMarkdown, turnToQuote } from "./turn-markdown.ts";
import { readTurnUsage } from "./turn-usage.ts";
import { usageWords } from "./usage-words.ts";

/** What a finished turn used, and ways to take it along. */
export function TurnMenu({ turn }: { turn: Turn }) {
  // Of a turn that is read by its answer alone only that is loaded.
  const isPartial = useAtomValue(readingModeAtom) === "answers";
  const usage = isPartial ? null : readTurnUsage(turn);
  const words = usage === null ? "" : usageWords(usage);
  const copy = (text: string) => void navigator.clipboard.writeText(text);
  return (
    <div className="-my-1 flex h-6 items-center gap-2 text-meta text-faint tabular">
      <Menu
        trigger={
          <IconButton label="Copy this turn" className="-ml-2 size-7! text-faint">
            <Ellipsis aria-hidden />
          </IconButton>
        }
      >
        <MenuItem onSelect={() => copy(turnToMarkdown(turn))}>
          <ScrollText aria-hidden /> Copy as Markdown
        </MenuItem>
        <MenuItem onSelect={() => copy(turnToQuote(turn))}>
          <Quote aria-hidden /> Copy as a quote
        </MenuItem>
        <MenuItem onSelect={() => copy(linkTo(turn.id))}>
          <Link2 aria-hidden /> Copy link
        </MenuItem>
      </Menu>
      {words !== "" && <p>{words}</p>}
    </div>
  );
}

function linkTo(messageId: string): string {
  const url = new URL(location.href);
  url.hash = encodeURIComponent(messageId);
  return url.href;
}
