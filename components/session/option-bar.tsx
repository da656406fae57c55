"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { useAtomValue } from "jotai";
import { ChevronDown } from "lucide-react";
import { useEffect, useRef } from "react";
import type { AgentOptionState } from "#lib/agent-settings.ts";
import { readError } from "#components/api/read-error.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { ErrorText } from "#components/ui/field.tsx";
import { Menu, MenuChoice, MenuChoiceItem } from "#components/ui/menu.tsx";
import { useHydrated } from "#components/ui/use-hydrated.ts";
import { sessionStateAtom } from "./session-atoms.ts";

/** Mode, model and what else the session's agent lets choose, each for the next prompt on. */
export function OptionBar({ isLocked }: { isLocked: boolean }) {
  const { agentSettings } = useAtomValue(sessionStateAtom);
  if (isLocked || agentSettings === null || agentSettings.options.length === 0) return null;
  return (
    <div role="group" aria-label="Agent" className="-ml-1.5 flex min-w-0 flex-wrap gap-x-1">
      {agentSettings.options.map((option) => (
        <OptionMenu key={option.id} option={option} />
      ))}
    </div>
  );
}

function OptionMenu({ option }: { option: AgentOptionState }) {
  const trpc = useTRPC();
  const isHydrated = useHydrated();
  const { sessionId } = useAtomValue(sessionStateAtom);
  const choose = useMutation(trpc.session.chooseOption.mutationOptions());
  const { id: optionId, name, value, valueName, chosen } = option;
  const shown = visibleText(chosen?.name ?? valueName);
  return (
    <>
      <Menu
        className="max-w-80"
        trigger={
          <button
            type="button"
            disabled={!isHydrated || choose.isPending}
            title={chosen === null ? undefined : "From the next prompt on"}
            className="inline-flex h-6 max-w-44 min-w-0 items-center gap-1 rounded px-1.5 text-meta text-soft transition-colors hover:bg-hover hover:text-ink pointer-coarse:h-9"
          >
            <span className="min-w-0 truncate">
              <span className="sr-only">{visibleText(name)}: </span>
              {shown}
            </span>
            {chosen !== null && <span className="shrink-0">· next</span>}
            <ChevronDown aria-hidden className="size-3 shrink-0 text-faint" />
          </button>
        }
      >
        <MenuChoice
          value={chosen?.value ?? value}
          onChange={(next) => choose.mutate({ sessionId, optionId, value: next })}
        >
          <OptionChoices optionId={optionId} />
        </MenuChoice>
      </Menu>
      {choose.error && (
        <span className="text-meta">
          <ErrorText>{readError(choose.error).message}</ErrorText>
        </span>
      )}
    </>
  );
}

/** Drawn, and asked for, while its menu is open. */
function OptionChoices({ optionId }: { optionId: string }) {
  const trpc = useTRPC();
  const { sessionId, agentSettings } = useAtomValue(sessionStateAtom);
  const query = { sessionId, version: agentSettings?.version ?? 0 };
  const list = useRef<HTMLDivElement>(null);
  const { data, error } = useQuery({
    ...trpc.session.agentSettings.queryOptions(query),
    staleTime: Infinity,
  });
  const option = data?.options.find(({ id }) => id === optionId);
  const isHere = option !== undefined;
  useEffect(() => {
    // The menu gave its focus to nothing while there was nothing to choose.
    if (isHere) list.current?.querySelector<HTMLElement>("[aria-checked=true]")?.focus();
  }, [isHere]);
  if (error)
    return (
      <p className="px-2 py-1.5 text-meta">
        <ErrorText>{readError(error).message}</ErrorText>
      </p>
    );
  if (!option) return <p className="px-2 py-1.5 text-meta text-faint">Loading …</p>;
  return (
    <div ref={list} role="presentation">
      {option.choices.map((choice) => (
        <MenuChoiceItem key={choice.value} value={choice.value}>
          <span className="block truncate">{visibleText(choice.name)}</span>
          {choice.description !== null && (
            <span className="block text-meta text-soft">{visibleText(choice.description)}</span>
          )}
        </MenuChoiceItem>
      ))}
    </div>
  );
}
