import { AppError } from "#lib/errors.ts";
import { STREAM_FOLLOWERS_MAX, STREAM_FOLLOWERS_OF_TEAM_MAX } from "#lib/limits.ts";
import type { Database } from "#server/database/database.ts";
import type { Bus } from "#server/live/bus.ts";
import { createPace, type Pace } from "#server/outputs/create-pace.ts";
import { STATE_MS } from "#server/outputs/wake-up.ts";
import { findStreamById, type StreamRow } from "./find-stream.ts";

export interface WatchServices {
  database: Database;
  bus: Bus;
}

/** Who waits for news of one stream in this process. */
interface Watched {
  waiters: Set<() => void>;
  /** A read that began after the last news. */
  reading: Promise<StreamRow | null> | null;
  followerCount: number;
  /** Of an output. */
  sessionId: string | null;
  /** Looks whether news of its session was of it. */
  states: Pace;
}

/** A stream as its reader saw it last. */
type KnownStream = Pick<StreamRow, "tail" | "output">;

/** Somebody who follows a stream, for as long as it is not left. */
export interface Follower {
  /**
   * The stream's row when it has bytes behind what is known, has ended, has another value or is gone (null), or `signal`
   * was aborted: then as it was last. One row is read for all who follow the stream.
   */
  waitForMore(known: KnownStream, signal: AbortSignal): Promise<StreamRow | null>;
  leave(): void;
}

const KEY = Symbol.for("millrace.stream-watch");
const holder = globalThis as { [KEY]?: WeakMap<Bus, StreamWatch> };
const watches = (holder[KEY] ??= new WeakMap());

/** Throws `rate_limited` when too many follow streams already, of this team or at all. */
export function followStream(
  services: WatchServices,
  stream: Pick<StreamRow, "streamId" | "teamId" | "sessionId">,
): Follower {
  let watch = watches.get(services.bus);
  if (!watch) watches.set(services.bus, (watch = new StreamWatch(services)));
  return watch.follow(stream);
}

class StreamWatch {
  readonly #database: Database;
  readonly #watched = new Map<string, Watched>();
  readonly #countByTeam = new Map<string, number>();
  #followerCount = 0;

  constructor({ database, bus }: WatchServices) {
    this.#database = database;
    bus.subscribe((message) => {
      if (message.kind === "stream") this.#wake(this.#watched.get(message.streamId));
      if (message.kind === "state") this.#wakeOutputs(message.sessionId);
      if (message.kind === "volatile")
        for (const event of message.events)
          if (event.type === "output") this.#wake(this.#watched.get(event.outputId));
    });
    bus.onReconnect(() => {
      for (const watched of this.#watched.values()) this.#wake(watched);
    });
  }

  follow({
    streamId,
    teamId,
    sessionId,
  }: Pick<StreamRow, "streamId" | "teamId" | "sessionId">): Follower {
    const ofTeam = this.#countByTeam.get(teamId) ?? 0;
    if (this.#followerCount >= STREAM_FOLLOWERS_MAX || ofTeam >= STREAM_FOLLOWERS_OF_TEAM_MAX)
      throw new AppError("rate_limited", "Too many follow streams here at this moment");
    this.#followerCount += 1;
    this.#countByTeam.set(teamId, ofTeam + 1);
    const watched = this.#watched.get(streamId) ?? this.#watch(sessionId);
    watched.followerCount += 1;
    this.#watched.set(streamId, watched);
    let hasLeft = false;
    return {
      waitForMore: (known, signal) => this.#waitForMore(watched, { streamId, known, signal }),
      leave: () => {
        if (!hasLeft) this.#leave(watched, { streamId, teamId });
        hasLeft = true;
      },
    };
  }

  #watch(sessionId: string | null): Watched {
    const watched: Watched = {
      waiters: new Set(),
      reading: null,
      followerCount: 0,
      sessionId,
      states: createPace(STATE_MS, () => this.#wake(watched)),
    };
    return watched;
  }

  #leave(watched: Watched, { streamId, teamId }: { streamId: string; teamId: string }) {
    this.#followerCount -= 1;
    const ofTeam = (this.#countByTeam.get(teamId) ?? 1) - 1;
    if (ofTeam === 0) this.#countByTeam.delete(teamId);
    else this.#countByTeam.set(teamId, ofTeam);
    watched.followerCount -= 1;
    if (watched.followerCount > 0) return;
    watched.states.stop();
    this.#watched.delete(streamId);
  }

  async #waitForMore(
    watched: Watched,
    { streamId, known, signal }: { streamId: string; known: KnownStream; signal: AbortSignal },
  ): Promise<StreamRow | null> {
    for (;;) {
      // Before the row is read: what happens meanwhile is not missed.
      const news = nextNews(watched, signal);
      try {
        const stream = await this.#read(watched, streamId);
        if (stream?.state !== "live") return null;
        if (isNews(stream, known)) return stream;
        if (signal.aborted) return stream;
        await news.happened;
      } finally {
        news.forget();
      }
    }
  }

  #read(watched: Watched, streamId: string): Promise<StreamRow | null> {
    watched.reading ??= findStreamById(this.#database.sql, streamId);
    const { reading } = watched;
    const clear = () => {
      if (watched.reading === reading) watched.reading = null;
    };
    reading.then(clear, clear);
    return reading;
  }

  /** An output that began or ended is news of its session, of which there is much. */
  #wakeOutputs(sessionId: string) {
    for (const watched of this.#watched.values())
      if (watched.sessionId === sessionId) watched.states.ask();
  }

  #wake(watched: Watched | undefined) {
    if (!watched) return;
    watched.reading = null;
    for (const wake of watched.waiters) wake();
  }
}

const isNews = ({ isClosed, tail, output }: StreamRow, known: KnownStream): boolean =>
  isClosed ||
  tail > known.tail ||
  output?.state === "incomplete" ||
  output?.isReplaced !== known.output?.isReplaced;

function nextNews({ waiters }: Watched, signal: AbortSignal) {
  let wake = () => {};
  const happened = new Promise<void>((resolve) => (wake = resolve));
  waiters.add(wake);
  signal.addEventListener("abort", wake, { once: true });
  if (signal.aborted) wake();
  const forget = () => {
    waiters.delete(wake);
    signal.removeEventListener("abort", wake);
  };
  return { happened, forget };
}
