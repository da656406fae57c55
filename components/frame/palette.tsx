"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import clsx from "clsx";
import { useAtomValue, useSetAtom } from "jotai";
import {
  FileStack,
  FileUp,
  FileX,
  Keyboard,
  List,
  LogOut,
  Plus,
  Search,
  Settings,
  Share2,
  Trash2,
} from "lucide-react";
import { useRouter } from "next/navigation";
import { useDeferredValue, useId, useState, type KeyboardEvent, type ReactNode } from "react";
import { readError } from "#components/api/read-error.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { shortRepository } from "#components/format/short-repository.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { HitLine, hitLink } from "#components/sessions/hit-line.tsx";
import type { SessionSummary } from "#components/sessions/session-summary.ts";
import { StatusMark } from "#components/sessions/status-mark.tsx";
import { Dialog } from "#components/ui/dialog.tsx";
import { overlayAtom, pageActionsAtom, type PageAction } from "./frame-atoms.ts";

const SESSIONS_SHOWN = 8;

interface Entry {
  id: string;
  group: "Actions" | "Sessions";
  content: ReactNode;
  run: () => void;
}

/** Finds sessions and actions by what is typed; arrows choose, Enter does. */
export function Palette({ onClose }: { onClose: () => void }) {
  const id = useId();
  const [query, setQuery] = useState("");
  const [activeIndex, setActiveIndex] = useState(0);
  const { entries, problem } = useEntries(query, onClose);
  const active = entries[Math.min(activeIndex, entries.length - 1)];

  function onKeyDown(event: KeyboardEvent) {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0 && entries.length > 0) {
      event.preventDefault();
      const next = (activeIndex + step + entries.length) % entries.length;
      setActiveIndex(next);
      document.getElementById(`${id}-${entries[next]?.id}`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && active) {
      event.preventDefault();
      active.run();
    }
  }

  return (
    <Dialog title="Find" hidesTitle onClose={onClose} className="mt-[12dvh] max-w-xl">
      <div className="flex items-center gap-3 border-b border-line px-4">
        <Search aria-hidden className="size-4 shrink-0 text-faint" />
        <input
          autoFocus
          role="combobox"
          aria-label="Find a session or an action"
          aria-expanded
          aria-controls={`${id}-list`}
          aria-activedescendant={active && `${id}-${active.id}`}
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            setActiveIndex(0);
          }}
          onKeyDown={onKeyDown}
          placeholder="Find a session or an action"
          className="h-12 min-w-0 flex-1 bg-transparent outline-none placeholder:text-faint"
        />
      </div>
      <ul
        id={`${id}-list`}
        role="listbox"
        aria-label="Results"
        className="relative max-h-[50dvh] overflow-y-auto p-1.5"
      >
        {entries.map((entry, index) => (
          <li key={entry.id} role="presentation">
            {entry.group !== entries[index - 1]?.group && (
              <p role="presentation" className="px-2.5 pt-2 pb-1 text-meta text-faint">
                {entry.group}
              </p>
            )}
            <div
              id={`${id}-${entry.id}`}
              role="option"
              aria-selected={entry === active}
              onMouseMove={() => setActiveIndex(index)}
              onClick={entry.run}
              className={clsx(
                "flex min-h-9 cursor-pointer items-center gap-3 rounded-sm px-2.5 text-label pointer-coarse:min-h-11",
                entry === active && "bg-hover",
              )}
            >
              {entry.content}
            </div>
          </li>
        ))}
        {entries.length === 0 && (
          <li className="px-2.5 py-3 text-label text-faint">{problem ?? "Nothing matches."}</li>
        )}
      </ul>
    </Dialog>
  );
}

function useEntries(
  query: string,
  onClose: () => void,
): { entries: Entry[]; problem: string | null } {
  const search = useDeferredValue(query.trim());
  const trpc = useTRPC();
  const actions = useActions();
  const router = useRouter();
  const { data, error } = useQuery(
    trpc.session.list.queryOptions(
      { limit: SESSIONS_SHOWN, ...(search !== "" && { query: search, shelf: "all" }) },
      { placeholderData: keepPreviousData },
    ),
  );
  const matching = actions.filter(({ label }) =>
    label.toLowerCase().includes(search.toLowerCase()),
  );
  const after = (run: () => void) => () => {
    onClose();
    run();
  };
  const entries: Entry[] = [
    ...(data?.sessions ?? []).map((session) => ({
      id: session.sessionId,
      group: "Sessions" as const,
      content: <SessionEntry session={session} />,
      run: after(() => router.push(hitLink(session.sessionId, session.hit))),
    })),
    ...matching.map((action) => ({
      id: action.id,
      group: "Actions" as const,
      content: <ActionEntry action={action} />,
      run: after(action.run),
    })),
  ];
  return { entries, problem: error ? readError(error).message : null };
}

function useActions(): readonly PageAction[] {
  const router = useRouter();
  const setOverlay = useSetAtom(overlayAtom);
  const pageActions = useAtomValue(pageActionsAtom);
  return [
    ...pageActions,
    { id: "new", label: "New session", icon: <Plus />, run: () => router.push("/") },
    { id: "all", label: "All sessions", icon: <List />, run: () => router.push("/sessions") },
    { id: "trash", label: "Trash", icon: <Trash2 />, run: () => router.push("/trash") },
    {
      id: "upload",
      label: "Bring a session",
      icon: <FileUp />,
      run: () => router.push("/upload"),
    },
    { id: "batches", label: "Batches", icon: <FileStack />, run: () => router.push("/batches") },
    {
      id: "new-batch",
      label: "Many sessions at once",
      icon: <FileStack />,
      run: () => router.push("/batches/new"),
    },
    {
      id: "failed-uploads",
      label: "Failed uploads",
      icon: <FileX />,
      run: () => router.push("/uploads/failed"),
    },
    { id: "shares", label: "Shares", icon: <Share2 />, run: () => router.push("/shares") },
    {
      id: "settings",
      label: "Settings and API tokens",
      icon: <Settings />,
      run: () => router.push("/settings"),
    },
    {
      id: "keys",
      label: "Keyboard shortcuts",
      icon: <Keyboard />,
      keys: "?",
      run: () => setOverlay("shortcuts"),
    },
    {
      id: "sign-out",
      label: "Sign out …",
      icon: <LogOut />,
      run: () => setOverlay("sign-out"),
    },
  ];
}

function SessionEntry({ session }: { session: SessionSummary }) {
  return (
    <>
      <StatusMark status={session.status} hidesWord />
      <span className="flex min-w-0 flex-1 flex-col py-1.5">
        <span dir="auto" className="truncate text-left">
          {visibleText(session.title)}
        </span>
        {session.hit && <HitLine hit={session.hit} className="truncate text-meta text-soft" />}
      </span>
      <span className="max-w-[40%] truncate text-meta text-faint">
        {shortRepository(session.repository)}
      </span>
    </>
  );
}

function ActionEntry({ action }: { action: PageAction }) {
  return (
    <>
      <span aria-hidden className="text-faint [&>svg]:size-3.5">
        {action.icon}
      </span>
      <span className="flex-1">{action.label}</span>
      {action.keys !== undefined && (
        <kbd className="font-mono text-meta text-faint">{action.keys}</kbd>
      )}
    </>
  );
}
