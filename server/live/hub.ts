import type { Cursor, Topic } from "#lib/live-protocol.ts";
import type { Log } from "#server/log.ts";
import type { Bus } from "./bus.ts";
import { BatchTopic } from "./batch-topic.ts";
import type { BusMessage } from "./bus-message.ts";
import type { FlushInterval } from "./flush-timer.ts";
import { liveError } from "./live-error.ts";
import type { BatchReading, LiveReaders } from "./live-readers.ts";
import { SessionTopic } from "./session-topic.ts";
import type { Subscriber } from "./subscription.ts";
import { TeamTopic } from "./team-topic.ts";

const FLUSH_INTERVAL: FlushInterval = { minMs: 8, maxMs: 16 };

/** Brings the news of this process and of others to viewers, whatever carries their connection. */
export interface LiveHub {
  /**
   * Starts with the topic's first event and goes on until the returned function is called or `subscriber.fail` says
   * that it is over, which it does at once while the bus is lost. Whether the viewer may see the topic was asked before.
   */
  subscribe(topic: Topic, subscriber: Subscriber, cursor: Cursor | null): () => void;
  /** Topics that somebody watches now. */
  topicCount(): number;
  /** Asks every viewer to come back, which after a restart they can. */
  close(): void;
}

export interface LiveHubOptions extends LiveReaders {
  /** Null when there is no such batch; left out where none is watched. */
  readBatch?(batchId: string): Promise<BatchReading | null>;
  bus: Pick<Bus, "subscribe" | "onLost" | "onReconnect">;
  log: Log;
  /** Shorter in tests. */
  flushInterval?: FlushInterval;
}

/**
 * One per process: the caller keeps it on `globalThis`. A topic exists while somebody watches it. Nobody watches while
 * the bus is lost: a page that takes itself for live would show what may have changed long ago.
 */
export function createLiveHub(options: LiveHubOptions): LiveHub {
  const { bus, log, flushInterval = FLUSH_INTERVAL, readBatch = async () => null } = options;
  const sessions = new Map<string, SessionTopic>();
  const teams = new Map<string, TeamTopic>();
  const batches = new Map<string, BatchTopic>();

  const readState = (sessionId: string) =>
    sessions.get(sessionId)?.latest() ?? options.readState(sessionId);

  const findOrAddSession = (topic: Topic, sessionId: string) =>
    findOrAdd(
      sessions,
      sessionId,
      (onEmpty) =>
        new SessionTopic({ topic, sessionId, readers: options, flushInterval, log, onEmpty }),
    );
  const findOrAddTeam = (topic: Topic, teamId: string) =>
    findOrAdd(teams, teamId, (onEmpty) => new TeamTopic({ topic, readState, log, onEmpty }));
  const findOrAddBatch = (topic: Topic, batchId: string) =>
    findOrAdd(
      batches,
      batchId,
      (onEmpty) => new BatchTopic({ topic, read: () => readBatch(batchId), log, onEmpty }),
    );

  const onMessage = (message: BusMessage) => {
    switch (message.kind) {
      case "items":
        return sessions.get(message.sessionId)?.noteItems(message.generation, message.seq);
      case "state":
        sessions.get(message.sessionId)?.noteState();
        return teams.get(message.teamId)?.noteState(message.sessionId);
      case "volatile":
        return sessions.get(message.sessionId)?.noteVolatile(message.events);
      case "batch":
        return batches.get(message.batchId)?.note();
      case "stream":
      case "wake":
      case "job":
        return;
    }
  };
  let isLost = false;
  const topics = () => [...sessions.values(), ...teams.values(), ...batches.values()];
  const stopListening = [
    bus.subscribe(onMessage),
    bus.onLost(() => {
      isLost = true;
      for (const topic of topics()) topic.close();
    }),
    bus.onReconnect(() => {
      isLost = false;
      for (const topic of topics()) topic.resynchronize();
    }),
  ];

  return {
    subscribe(topic, subscriber, cursor) {
      if (isLost) {
        subscriber.fail(liveError("unavailable"));
        return () => {};
      }
      const { kind, id } = splitTopic(topic);
      if (kind === "sessions") {
        const team = findOrAddTeam(topic, id);
        const subscription = team.attach(subscriber);
        return () => team.detach(subscription);
      }
      if (kind === "batch") {
        const batch = findOrAddBatch(topic, id);
        const subscription = batch.attach(subscriber);
        return () => batch.detach(subscription);
      }
      const session = findOrAddSession(topic, id);
      const subscription = session.attach(subscriber, cursor);
      return () => session.detach(subscription);
    },
    topicCount: () => topics().length,
    close() {
      for (const stop of stopListening) stop();
      for (const topic of topics()) topic.close();
    },
  };
}

/** A topic's two halves. */
export function splitTopic(topic: Topic) {
  const colon = topic.indexOf(":");
  const kind = topic.slice(0, colon) as "session" | "sessions" | "batch";
  return { kind, id: topic.slice(colon + 1) };
}

function findOrAdd<Value>(
  map: Map<string, Value>,
  key: string,
  create: (onEmpty: () => void) => Value,
): Value {
  const found = map.get(key);
  if (found !== undefined) return found;
  const created = create(() => {
    if (map.get(key) === created) map.delete(key);
  });
  map.set(key, created);
  return created;
}
