import { text } from "node:stream/consumers";
import type Docker from "dockerode";

/**
 * Asks whether a process in containers with this label was ended because their memory was used up, from now on: by the
 * daemon's own events, of which it keeps the last few hundred.
 */
export function watchMemory(engine: Docker, label: string): () => Promise<boolean> {
  const since = nowInSeconds();
  let isSeen = false;
  return async () => {
    if (isSeen) return true;
    // An end that lies before the answer makes it come at once.
    const filters = JSON.stringify({ type: ["container"], event: ["oom"], label: [label] });
    const events = await engine.getEvents({ since, until: nowInSeconds(), filters });
    isSeen = (await text(events)).trim() !== "";
    return isSeen;
  };
}

const nowInSeconds = () => Date.now() / 1_000;
