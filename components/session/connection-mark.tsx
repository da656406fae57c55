"use client";

import clsx from "clsx";
import { useAtomValue } from "jotai";
import { CloudOff, Radio, RefreshCw } from "lucide-react";
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
  const { Icon, colour } = looks[status];
  return (
    <span
      data-connection={status}
      title={
        connection.transport === "event-stream"
          ? "Over server-sent events: sockets do not get through"
          : undefined
      }
      className={clsx(
        "inline-flex shrink-0 items-center gap-1.5 text-meta whitespace-nowrap tabular",
        colour,
      )}
    >
      <Icon aria-hidden className="size-3.5" />
      {/* Where there is no room the mark of a connection that is well says enough. */}
      <span className={clsx(status === "live" && "@max-[36rem]:sr-only")}>
        {hasEnded ? "No longer live" : describe(connection)}
        {status === "catching-up" && connection.behind > 0 && (
          <span className="@max-[36rem]:sr-only">
            {` (${connection.behind.toLocaleString("en")} behind)`}
          </span>
        )}
      </span>
    </span>
  );
}

const looks = {
  connecting: { Icon: RefreshCw, colour: "text-faint" },
  live: { Icon: Radio, colour: "text-success" },
  "catching-up": { Icon: RefreshCw, colour: "text-running" },
  offline: { Icon: CloudOff, colour: "text-warning" },
  ended: { Icon: CloudOff, colour: "text-faint" },
} as const;

function describe({ status, since }: ConnectionState): string {
  switch (status) {
    case "connecting":
      return "Connecting";
    case "live":
      return "Live";
    case "catching-up":
      return "Catching up";
    case "offline":
      return `Offline since ${since.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" })}`;
  }
}
