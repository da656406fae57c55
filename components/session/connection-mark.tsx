"use client";

import clsx from "clsx";
import { useAtomValue } from "jotai";
import { CloudOff, Radio, RefreshCw, type LucideIcon } from "lucide-react";
import { useSyncExternalStore } from "react";
import { getLiveClient } from "#components/api/live.ts";
import type { ConnectionState } from "#components/live/connection-state.ts";
import { liveErrorAtom } from "./session-atoms.ts";

/** What the server renders: a page that is not alive yet is about to connect. */
const beforeHydration: ConnectionState = {
  status: "connecting",
  since: new Date(0),
  behind: 0,
  transport: "socket",
};

export function useConnection(): ConnectionState {
  return useSyncExternalStore(
    (listener) => getLiveClient().connection.subscribe(listener),
    () => getLiveClient().connection.get(),
    () => beforeHydration,
  );
}

/** How the page stands to the server: live, catching up, or offline since when. Says nothing about the session. */
export function ConnectionMark() {
  const connection = useConnection();
  const hasEnded = useAtomValue(liveErrorAtom) !== null;
  const status = hasEnded ? "ended" : connection.status;
  const { Icon, colour, word, shortWord = word } = looks[status];
  const details = describeDetails(status, connection);
  const transport =
    connection.transport === "event-stream"
      ? ". Over server-sent events: sockets do not get through"
      : "";
  return (
    <span
      data-connection={status}
      title={word + details + transport}
      className={clsx(
        "inline-flex shrink-0 items-center gap-1.5 text-meta whitespace-nowrap tabular",
        colour,
      )}
    >
      <Icon aria-hidden className="size-3.5" />
      {/* Where there is no room the mark of a connection that is well says enough, and one word of any other. */}
      <span className={clsx((status === "live" || shortWord !== word) && "@max-[36rem]:sr-only")}>
        {word}
        {details !== "" && <span className="@max-[48rem]:sr-only">{details}</span>}
      </span>
      {shortWord !== word && (
        <span aria-hidden className="hidden @max-[36rem]:inline">
          {shortWord}
        </span>
      )}
    </span>
  );
}

interface Look {
  Icon: LucideIcon;
  /** A text colour class. */
  colour: string;
  word: string;
  /** Where the word has no room. */
  shortWord?: string;
}

const looks: Record<ConnectionState["status"] | "ended", Look> = {
  connecting: { Icon: RefreshCw, colour: "text-faint", word: "Connecting" },
  live: { Icon: Radio, colour: "text-success", word: "Live" },
  "catching-up": {
    Icon: RefreshCw,
    colour: "text-running",
    word: "Catching up",
    shortWord: "Behind",
  },
  offline: { Icon: CloudOff, colour: "text-warning", word: "Offline" },
  ended: { Icon: CloudOff, colour: "text-faint", word: "No longer live" },
};

/** What stands after the word where there is room for it. */
function describeDetails(status: keyof typeof looks, { since, behind }: ConnectionState): string {
  if (status === "catching-up" && behind > 0) return ` (${behind.toLocaleString("en")} behind)`;
  if (status !== "offline") return "";
  return ` since ${since.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" })}`;
}
