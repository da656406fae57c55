import type { Services } from "#server/services.ts";
import { createAttemptLimit, type AttemptLimit } from "./attempt-limit.ts";
import { createShareStreams, type ShareStreams } from "./share-streams.ts";
import { createShareViews, type ShareViews } from "./share-views.ts";

/** What a process remembers of those who read through shares. */
export interface ShareDesk {
  attempts: AttemptLimit;
  streams: ShareStreams;
  views: ShareViews;
}

const desks = new WeakMap<Services, ShareDesk>();

/** One for each process, made when the first share is read. */
export function shareDeskOf(services: Services): ShareDesk {
  const known = desks.get(services);
  if (known) return known;
  const views = createShareViews(services.database, services.log);
  services.draining.addEventListener("abort", () => void views.close());
  const desk = { attempts: createAttemptLimit(), streams: createShareStreams(services), views };
  desks.set(services, desk);
  return desk;
}
