import type { Services } from "#server/services.ts";
import { createShareStreams, type ShareStreams } from "./share-streams.ts";
import { createShareViews, type ShareViews } from "./share-views.ts";

/** What a process remembers of those who read through shares. */
export interface ShareDesk {
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
  const desk = { streams: createShareStreams(services), views };
  desks.set(services, desk);
  return desk;
}
