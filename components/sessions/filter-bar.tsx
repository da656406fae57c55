"use client";

import { useQuery } from "@tanstack/react-query";
import clsx from "clsx";
import { ChevronDown, X } from "lucide-react";
import type { ReactNode } from "react";
import { sessionStatuses } from "#lib/session-state.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { shortRepository } from "#components/format/short-repository.ts";
import { Button } from "#components/ui/button.tsx";
import { Menu, MenuChoice, MenuChoiceItem } from "#components/ui/menu.tsx";
import { isNarrowed, type ListFilters, noFilters } from "./list-filters.ts";
import { sourceName } from "./source-words.ts";
import { statusWords } from "./status-words.ts";

const ANY = "";
const shelfWords = { open: "Open", archive: "Archived", all: "Open and archived" } as const;
const changedWords = { day: "Last 24 hours", week: "Last 7 days", month: "Last 30 days" } as const;

interface FilterBarProps {
  filters: ListFilters;
  agentLabels: Readonly<Record<string, string>>;
  onChange: (filters: ListFilters) => void;
}

/** What the list can be narrowed by, each a menu; on a phone the row scrolls sideways. */
export function FilterBar({ filters, agentLabels, onChange }: FilterBarProps) {
  const { data: facets } = useQuery(useTRPC().session.facets.queryOptions());
  const change = (changed: Partial<ListFilters>) => onChange({ ...filters, ...changed });
  const pick = (values: readonly string[] | undefined, word: (value: string) => string) =>
    (values ?? []).map((value) => [value, word(value)] as const);
  const same = (value: string) => value;
  return (
    <div
      role="group"
      aria-label="Filters"
      className="-mx-4 flex items-center gap-1.5 overflow-x-auto px-4 py-1 sm:mx-0 sm:flex-wrap sm:overflow-visible sm:px-0"
    >
      <FilterMenu
        name="Shelf"
        value={filters.shelf === "trash" ? "open" : filters.shelf}
        isSet={filters.shelf !== "open"}
        choices={Object.entries(shelfWords)}
        onChange={(shelf) => change({ shelf: shelf as ListFilters["shelf"] })}
      />
      <FilterMenu
        name="Status"
        value={filters.status}
        choices={sessionStatuses
          .filter((status) => status !== "archived" && status !== "trashed")
          .map((status) => [status, statusWords[status]] as const)}
        onChange={(status) => change({ status: (status || null) as ListFilters["status"] })}
      />
      <FilterMenu
        name="Repository"
        value={filters.repository}
        choices={pick(facets?.repositories, shortRepository)}
        onChange={(repository) => change({ repository: repository || null })}
      />
      <FilterMenu
        name="Branch"
        value={filters.branch}
        choices={pick(facets?.branches, same)}
        onChange={(branch) => change({ branch: branch || null })}
      />
      <FilterMenu
        name="Agent"
        value={filters.agent}
        choices={pick(facets?.agents, (agent) => agentLabels[agent] ?? agent)}
        onChange={(agent) => change({ agent: agent || null })}
      />
      <FilterMenu
        name="Source"
        value={filters.source}
        choices={pick(facets?.sources, sourceName)}
        onChange={(source) => change({ source: source || null })}
      />
      <FilterMenu
        name="Changed"
        value={filters.changed}
        choices={Object.entries(changedWords)}
        onChange={(changed) => change({ changed: (changed || null) as ListFilters["changed"] })}
      />
      <Toggle isOn={filters.isUnread} onChange={(isUnread) => change({ isUnread })}>
        Unread
      </Toggle>
      <Toggle isOn={filters.isPinned} onChange={(isPinned) => change({ isPinned })}>
        Pinned
      </Toggle>
      {isNarrowed({ ...filters, query: "" }) && (
        <Button
          isSmall
          look="quiet"
          onClick={() => onChange({ ...noFilters, query: filters.query, shelf: filters.shelf })}
        >
          <X aria-hidden className="size-3.5" /> Clear
        </Button>
      )}
    </div>
  );
}

interface FilterMenuProps {
  name: string;
  /** Null for any. */
  value: string | null;
  /** Something else than what is usual is chosen. */
  isSet?: boolean;
  choices: readonly (readonly [value: string, word: string])[];
  onChange: (value: string) => void;
}

function FilterMenu({ name, value, isSet = value !== null, choices, onChange }: FilterMenuProps) {
  const isShelf = name === "Shelf";
  const word = choices.find(([choice]) => choice === value)?.[1] ?? value;
  // One that is set stays, although nothing has it any more.
  const shown =
    isSet && word && !choices.some(([choice]) => choice === value)
      ? [[value ?? "", word] as const]
      : [];
  return (
    <Menu
      trigger={
        <button type="button" className={chip(isSet)}>
          <span className="max-w-40 truncate">
            {isShelf ? word : isSet ? `${name}: ${word}` : name}
          </span>
          <ChevronDown aria-hidden className="size-3.5 shrink-0" />
        </button>
      }
      className="max-h-80 max-w-80"
    >
      <MenuChoice value={value ?? ANY} onChange={onChange}>
        {!isShelf && <MenuChoiceItem value={ANY}>Any</MenuChoiceItem>}
        {[...shown, ...choices].map(([choice, label]) => (
          <MenuChoiceItem key={choice} value={choice}>
            <span className="break-all">{label}</span>
          </MenuChoiceItem>
        ))}
      </MenuChoice>
    </Menu>
  );
}

interface ToggleProps {
  isOn: boolean;
  onChange: (isOn: boolean) => void;
  children: ReactNode;
}

function Toggle({ isOn, onChange, children }: ToggleProps) {
  return (
    <button
      type="button"
      aria-pressed={isOn}
      onClick={() => onChange(!isOn)}
      className={chip(isOn)}
    >
      {children}
    </button>
  );
}

const chip = (isSet: boolean) =>
  clsx(
    "inline-flex h-7 shrink-0 items-center gap-1 rounded border px-2 text-meta font-medium whitespace-nowrap transition-colors hover:bg-hover pointer-coarse:h-9 pointer-coarse:px-3",
    isSet ? "border-accent bg-accent-wash text-ink" : "border-edge bg-surface text-soft",
  );
