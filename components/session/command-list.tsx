"use client";

import clsx from "clsx";
import { useEffect } from "react";
import { visibleText } from "#components/format/visible-text.ts";
import type { CommandChoice } from "./use-commands.ts";

export const commandOptionId = (listId: string, index: number) => `${listId}-${index}`;

/** The agent's commands above the composer, while one is typed; the keys stay with the text. */
export function CommandList({ id, choice }: { id: string; choice: CommandChoice }) {
  const { commands, activeIndex, take, point } = choice;
  useEffect(() => {
    const active = document.querySelector(`#${CSS.escape(commandOptionId(id, activeIndex))}`);
    active?.scrollIntoView({ block: "nearest" });
  }, [id, activeIndex]);
  if (commands.length === 0) return null;
  return (
    <ul
      id={id}
      role="listbox"
      aria-label="Commands"
      className="absolute inset-x-0 bottom-full z-20 mb-1 max-h-[40dvh] overflow-y-auto rounded border border-line bg-surface p-1 shadow-floating"
    >
      {commands.map((command, index) => (
        // The keys are the text's: it names the active option.
        // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
        <li
          key={command.name}
          id={commandOptionId(id, index)}
          role="option"
          aria-selected={index === activeIndex}
          // The text keeps the focus.
          onPointerDown={(event) => event.preventDefault()}
          onPointerMove={() => point(index)}
          onClick={() => take(command)}
          className={clsx(
            "flex min-h-8 cursor-pointer items-baseline gap-3 rounded-sm px-2 py-1.5 text-label pointer-coarse:py-3",
            index === activeIndex && "bg-hover",
          )}
        >
          <span className="max-w-3/5 shrink-0 truncate font-mono text-code">
            /{visibleText(command.name)}
          </span>
          <span className="min-w-0 truncate text-meta text-soft">
            {visibleText(command.description)}
            {command.hint !== null && (
              <span className="text-faint"> · {visibleText(command.hint)}</span>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}
