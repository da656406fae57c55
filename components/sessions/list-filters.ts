import type { inferRouterInputs } from "@trpc/server";
import { sessionStatuses, type SessionStatus } from "#lib/session-state.ts";
import type { AppRouter } from "#server/routers/app-router.ts";

export type SessionListInput = Omit<inferRouterInputs<AppRouter>["session"]["list"], "cursor">;

/** How long ago something changed, at most. */
export const changedWithin = { day: 24, week: 7 * 24, month: 30 * 24 } as const;

/** What the list of sessions is narrowed by; it stands in the address, so that a link and a reload keep it. */
export interface ListFilters {
  query: string;
  shelf: "open" | "archive" | "all" | "trash";
  status: SessionStatus | null;
  repository: string | null;
  branch: string | null;
  agent: string | null;
  source: string | null;
  changed: keyof typeof changedWithin | null;
  isPinned: boolean;
  isUnread: boolean;
}

const HOUR_MS = 3_600_000;
const shelves = ["open", "archive", "all"] as const;

export const noFilters: ListFilters = {
  query: "",
  shelf: "open",
  status: null,
  repository: null,
  branch: null,
  agent: null,
  source: null,
  changed: null,
  isPinned: false,
  isUnread: false,
};

type Parameters = Record<string, string | string[] | undefined>;

/** From the parameters of an address; what is unknown there is left out. */
export function readListFilters(parameters: Parameters): ListFilters {
  const read = (name: string) => {
    const value = parameters[name];
    const text = Array.isArray(value) ? value[0] : value;
    return text === undefined || text === "" || text.includes("\0") ? null : text;
  };
  const changed = read("changed");
  return {
    query: read("q") ?? "",
    shelf: shelves.find((shelf) => shelf === read("shelf")) ?? "open",
    status: sessionStatuses.find((status) => status === read("status")) ?? null,
    repository: read("repository"),
    branch: read("branch"),
    agent: read("agent"),
    source: read("source"),
    changed: isChanged(changed) ? changed : null,
    isPinned: read("pinned") === "1",
    isUnread: read("unread") === "1",
  };
}

/** The reverse: `?q=…`, or nothing when nothing is narrowed. */
export function writeListFilters(filters: ListFilters): string {
  const parameters = new URLSearchParams();
  const write = (name: string, value: string | null) => value && parameters.set(name, value);
  write("q", filters.query);
  if (filters.shelf !== "open" && filters.shelf !== "trash") write("shelf", filters.shelf);
  for (const name of ["status", "repository", "branch", "agent", "source", "changed"] as const)
    write(name, filters[name]);
  write("pinned", filters.isPinned ? "1" : null);
  write("unread", filters.isUnread ? "1" : null);
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}

/** Something beside the shelf is asked for: what stands below another session is shown by itself then. */
export const isNarrowed = (filters: ListFilters) =>
  writeListFilters({ ...filters, shelf: "open" }) !== "";

export function toListInput(filters: ListFilters, nowMs: number): SessionListInput {
  const { query, shelf, status, repository, branch, agent, source, changed } = filters;
  return {
    shelf,
    isGrouped: !isNarrowed(filters),
    ...(query.trim() !== "" && { query: query.trim() }),
    ...(status && { statuses: [status] }),
    ...(repository && { repositories: [repository] }),
    ...(branch && { branches: [branch] }),
    ...(agent && { agents: [agent] }),
    ...(source && { sources: [source] }),
    ...(changed && {
      changedFrom: new Date(nowMs - changedWithin[changed] * HOUR_MS).toISOString(),
    }),
    ...(filters.isPinned && { isPinned: true }),
    ...(filters.isUnread && { isUnread: true }),
  };
}

const isChanged = (text: string | null): text is keyof typeof changedWithin =>
  text !== null && Object.hasOwn(changedWithin, text);
