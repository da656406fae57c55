import type { ServerResponse } from "node:http";
import { AppError } from "#lib/errors.ts";
import { Watchers } from "#server/live/watchers.ts";
import type { Services } from "#server/services.ts";
import { findEndedShares, type Share, type ShareHold } from "./find-share.ts";

/** How often those who read along are looked at again: a share that was taken back ends within a second. */
const RECHECK_MS = 400;
/** News of a session at work comes many times a second; nobody reads a page again so often. */
const CHANGED_MS = 500;
const PING_MS = 25_000;
const STREAMS_MAX = 2_000;

const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
  // Proxies that collect what they forward would hold events back.
  "x-accel-buffering": "no",
};

type Needs = Pick<Services, "database" | "bus" | "log" | "draining">;

/**
 * Tells open pages of shares, as server-sent events, that there is something new (`changed`, nothing more: what it is
 * they read through the share) and that the share is over (`ended`).
 */
export interface ShareStreams {
  /** Answers with a stream of events. Throws `unavailable` when there are too many. */
  open(share: Share, response: ServerResponse): void;
  /** Looks after a share while its bytes are sent. */
  hold(share: ShareHold): WatchedAccess;
}

/** The right of somebody to go on reading, as long as it is not left. */
interface WatchedAccess {
  /** Aborted when the share is over. */
  ended: AbortSignal;
  leave(): void;
}

interface Stream {
  sessionId: string;
  isLive: boolean;
  changed(): void;
}

export function createShareStreams({ database, bus, log, draining }: Needs): ShareStreams {
  const streams = new Set<Stream>();
  const watchers = new Watchers<ShareHold>({
    findEnded: (holds) => findEndedShares(database, holds),
    recheckMs: RECHECK_MS,
    log,
  });
  bus.subscribe((message) => {
    if (message.kind !== "items" && message.kind !== "state") return;
    for (const stream of streams)
      if (stream.isLive && stream.sessionId === message.sessionId) stream.changed();
  });
  bus.onReconnect(() => {
    for (const stream of streams) if (stream.isLive) stream.changed();
  });
  draining.addEventListener("abort", () => {
    watchers.cutAll();
    watchers.stop();
  });

  return {
    hold(share) {
      const ended = new AbortController();
      const end = () => ended.abort();
      return { ended: ended.signal, leave: watchers.add(share, { fail: end, cut: end }) };
    },

    open(share, response) {
      if (streams.size >= STREAMS_MAX || draining.aborted)
        throw new AppError("unavailable", "Too many read along; reload later");
      response.writeHead(200, HEADERS);
      response.write(": open\n\n");
      const say = (event: string) => response.write(`event: ${event}\ndata: {}\n\n`);
      const changed = throttle(() => void say("changed"), CHANGED_MS);
      const stream = {
        sessionId: share.sessionId,
        isLive: share.mode === "live",
        changed: changed.call,
      };
      const ping = setInterval(() => {
        // Whoever took nothing since the last ping is gone.
        if (response.writableLength > 0) response.destroy();
        else response.write(": ping\n\n");
      }, PING_MS);
      streams.add(stream);
      const leave = watchers.add(share, {
        fail() {
          say("ended");
          response.end();
        },
        cut: () => response.destroy(),
      });
      response.on("close", () => {
        clearInterval(ping);
        changed.stop();
        streams.delete(stream);
        leave();
      });
    },
  };
}

/** Calls at once, then at most once in `intervalMs`; the last call is never lost. */
function throttle(work: () => void, intervalMs: number): { call(): void; stop(): void } {
  let timer: NodeJS.Timeout | null = null;
  let isWanted = false;
  const run = () => {
    timer = null;
    if (!isWanted) return;
    isWanted = false;
    work();
    timer = setTimeout(run, intervalMs);
  };
  return {
    call() {
      isWanted = true;
      if (timer === null) run();
    },
    stop() {
      isWanted = false;
      if (timer !== null) clearTimeout(timer);
    },
  };
}
