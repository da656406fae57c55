"use client";

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import Link from "next/link";
import { useDeferredValue, useState } from "react";
import { readError } from "#components/api/read-error.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { Button } from "#components/ui/button.tsx";
import { ErrorText } from "#components/ui/field.tsx";
import { SessionRow } from "./session-row.tsx";
import { SessionRowsSkeleton } from "./session-rows-skeleton.tsx";
import type { SessionPage } from "./session-summary.ts";
import { useLiveSessions } from "./use-live-sessions.ts";

interface SessionListProps {
  teamId: string;
  firstPage: SessionPage;
  agentLabels: Readonly<Record<string, string>>;
}

/** All sessions, most recently changed first, with a search over titles and repositories. */
export function SessionList({ teamId, firstPage, agentLabels }: SessionListProps) {
  const trpc = useTRPC();
  const [query, setQuery] = useState("");
  const search = useDeferredValue(query.trim());
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage, isPending, refetch } =
    useInfiniteQuery(
      trpc.session.list.infiniteQueryOptions(search === "" ? {} : { query: search }, {
        getNextPageParam: (page) => page.nextCursor,
        placeholderData: keepPreviousData,
        ...(search === "" && { initialData: { pages: [firstPage], pageParams: [null] } }),
      }),
    );
  useLiveSessions(teamId);
  const sessions = data?.pages.flatMap((page) => page.sessions) ?? [];

  return (
    <div className="flex flex-col gap-4">
      <label className="field flex h-10 items-center gap-2 px-3 pointer-coarse:h-12">
        <Search aria-hidden className="size-4 shrink-0 text-faint" />
        <span className="sr-only">Search sessions</span>
        <input
          type="search"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          placeholder="Search titles and repositories"
          className="min-w-0 flex-1 bg-transparent text-label outline-none placeholder:text-faint"
        />
      </label>

      {error ? (
        <div className="flex flex-col items-start gap-3 rounded border border-line p-4 text-label">
          <ErrorText>{readError(error).message}</ErrorText>
          <Button isSmall onClick={() => void refetch()}>
            Try again
          </Button>
        </div>
      ) : null}
      {isPending && <SessionRowsSkeleton />}
      {sessions.length > 0 && (
        <ul aria-label="Sessions" className="rounded border border-line bg-surface">
          {sessions.map((session) => (
            <SessionRow
              key={session.sessionId}
              session={session}
              agentLabel={session.agentId === null ? undefined : agentLabels[session.agentId]}
            />
          ))}
        </ul>
      )}
      {!isPending && !error && sessions.length === 0 && (
        <NoSessions search={search} onClear={() => setQuery("")} />
      )}
      {hasNextPage && (
        <Button
          className="self-center"
          disabled={isFetchingNextPage}
          onClick={() => void fetchNextPage()}
        >
          {isFetchingNextPage ? "Loading more …" : "Load more"}
        </Button>
      )}
    </div>
  );
}

function NoSessions({ search, onClear }: { search: string; onClear: () => void }) {
  return (
    <div className="flex flex-col items-start gap-3 rounded border border-line p-6">
      {search === "" ? (
        <>
          <p>No session was started here yet.</p>
          <Link
            href="/"
            className="text-label font-medium text-accent underline underline-offset-2"
          >
            Begin with a prompt and a repository
          </Link>
        </>
      ) : (
        <>
          <p>
            Nothing matches “<span className="break-all">{search}</span>”.
          </p>
          <Button isSmall onClick={onClear}>
            Show all sessions
          </Button>
        </>
      )}
    </div>
  );
}
