"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import Link from "next/link";
import { useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { useTRPC } from "#components/api/trpc.ts";
import { pageSearchField } from "#components/frame/page-search.ts";
import { QueryNotice } from "#components/ingest/query-notice.tsx";
import { Button } from "#components/ui/button.tsx";
import { LoadMore } from "#components/ui/load-more.tsx";
import { SEARCH_QUERY_MAX_CHARACTERS } from "#lib/limits.ts";
import { FilterBar } from "./filter-bar.tsx";
import {
  isNarrowed,
  type ListFilters,
  noFilters,
  toListInput,
  writeListFilters,
} from "./list-filters.ts";
import { SessionRows } from "./session-rows.tsx";
import { SessionRowsSkeleton } from "./session-rows-skeleton.tsx";
import type { SessionPage } from "./session-summary.ts";
import { useLiveSessions } from "./use-live-sessions.ts";

interface SessionListProps {
  teamId: string;
  /** As the server read them with the page; `shelf: "trash"` makes it the list of the trash. */
  initialFilters: ListFilters;
  firstPage: SessionPage;
  agentLabels: Readonly<Record<string, string>>;
}

/** Sessions with a search over all that is in them, filters, and what can be done with many of them. */
export function SessionList(props: SessionListProps) {
  const { teamId, initialFilters, firstPage, agentLabels } = props;
  const isTrash = initialFilters.shelf === "trash";
  const field = useRef<HTMLInputElement>(null);
  const [filters, setFilters] = useState(initialFilters);
  const asked = useDeferredValue(filters);
  const {
    data,
    error,
    hasNextPage,
    fetchNextPage,
    isFetchingNextPage,
    isPending,
    isFetching,
    refetch,
  } = useSessions({ asked, initialFilters, firstPage });
  useLiveSessions(teamId);
  useEffect(() => {
    const address = `${location.pathname}${writeListFilters(asked)}`;
    if (address !== location.pathname + location.search) history.replaceState(null, "", address);
  }, [asked]);
  useEffect(() => {
    // What was typed while the page's scripts were on their way.
    const typed = field.current?.value ?? "";
    setFilters((known) => (known.query === typed ? known : { ...known, query: typed }));
  }, []);
  const sessions = data?.pages.flatMap((page) => page.sessions) ?? [];
  const isPartial = data?.pages.some((page) => page.isPartial) ?? false;
  const isBehind = data?.pages.some((page) => page.isBehind) ?? false;

  return (
    <div className="flex flex-col gap-3">
      <label className="field flex h-10 items-center gap-2 px-3 pointer-coarse:h-12">
        <Search aria-hidden className="size-4 shrink-0 text-faint" />
        <span className="sr-only">{isTrash ? "Search the trash" : "Search sessions"}</span>
        <input
          ref={field}
          {...pageSearchField}
          type="search"
          value={filters.query}
          maxLength={SEARCH_QUERY_MAX_CHARACTERS}
          onChange={(event) => setFilters({ ...filters, query: event.target.value })}
          onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
          placeholder="Search titles, prompts, answers and tools"
          className="min-w-0 flex-1 bg-transparent text-label outline-none placeholder:text-faint"
        />
        <kbd aria-hidden className="hidden font-mono text-meta text-faint sm:inline">
          /
        </kbd>
      </label>
      {!isTrash && <FilterBar filters={filters} agentLabels={agentLabels} onChange={setFilters} />}

      {error && <QueryNotice error={error} onRetry={() => void refetch()} />}
      {isPending && <SessionRowsSkeleton />}
      {sessions.length > 0 && (
        <SessionRows
          sessions={sessions}
          shelf={filters.shelf}
          agentLabels={agentLabels}
          isStale={isFetching && asked !== filters}
        />
      )}
      {!isPending && !error && sessions.length === 0 && (
        <NoSessions
          filters={asked}
          onClear={() => setFilters({ ...noFilters, shelf: isTrash ? "trash" : "open" })}
        />
      )}
      {isBehind && (
        <p className="text-meta text-faint">
          Some sessions are still being read for the search: what is found in them comes by itself.
        </p>
      )}
      {isPartial && (
        <p className="text-meta text-faint">
          Not everything could be looked through: too many places match.
        </p>
      )}
      <LoadMore {...{ hasNextPage, isFetchingNextPage, fetchNextPage }} />
    </div>
  );
}

/** While the search index lacks something that was said. */
const READ_AGAIN_MS = 3_000;

interface SessionsQuery {
  asked: ListFilters;
  initialFilters: ListFilters;
  firstPage: SessionPage;
}

/** What is shown stays while something else is asked for. */
function useSessions({ asked, initialFilters, firstPage }: SessionsQuery) {
  const trpc = useTRPC();
  // Fixed: with the moment of now every render would ask something else.
  const [openedMs] = useState(() => Date.now());
  const input = useMemo(() => toListInput(asked, openedMs), [asked, openedMs]);
  return useInfiniteQuery(
    trpc.session.list.infiniteQueryOptions(input, {
      getNextPageParam: (page) => page.nextCursor,
      placeholderData: keepPreviousData,
      refetchInterval: ({ state }) =>
        state.data?.pages.some((page) => page.isBehind) === true && READ_AGAIN_MS,
      ...(asked === initialFilters && { initialData: { pages: [firstPage], pageParams: [null] } }),
    }),
  );
}

function NoSessions({ filters, onClear }: { filters: ListFilters; onClear: () => void }) {
  const query = filters.query.trim();
  const isAsked = isNarrowed(filters);
  return (
    <div className="flex flex-col items-start gap-3 rounded border border-line p-6">
      {isAsked ? (
        <>
          <p>
            {query === "" ? (
              "No session is like that."
            ) : (
              <>
                Nothing matches “<span className="break-all">{query}</span>”
                {isNarrowed({ ...filters, query: "" }) && " with these filters"}.
              </>
            )}
          </p>
          <Button isSmall onClick={onClear}>
            Show all sessions
          </Button>
        </>
      ) : (
        <EmptyShelf shelf={filters.shelf} onClear={onClear} />
      )}
    </div>
  );
}

function EmptyShelf({ shelf, onClear }: { shelf: ListFilters["shelf"]; onClear: () => void }) {
  switch (shelf) {
    case "trash":
      return <p>The trash is empty.</p>;
    case "archive":
      return (
        <>
          <p>
            Nothing is archived. Archived sessions can be read and found, and are out of the way.
          </p>
          <Button isSmall onClick={onClear}>
            Show open sessions
          </Button>
        </>
      );
    case "open":
    case "all":
      return (
        <>
          <p>No session was started here yet, or all are put away.</p>
          <Link
            href="/"
            className="text-label font-medium text-accent underline underline-offset-2"
          >
            Begin with a prompt and a repository
          </Link>
        </>
      );
  }
}
