import { text } from "node:stream/consumers";
import type Docker from "dockerode";
import { log } from "#server/log.ts";

interface MemoryWatch {
  /** For who has seen it elsewhere. */
  note(): void;
  isUsedUp(): Promise<boolean>;
}

/**
 * Asks whether a process in containers with this label was ended because their memory was used up, from now on: by the
 * daemon's own events, of which it keeps the last few hundred.
 */
export function watchMemory(engine: Docker, label: string): MemoryWatch {
  const since = nowInSeconds();
  let isSeen = false;
  const look = async () => {
    // An end that lies before the answer makes it come at once.
    const filters = JSON.stringify({ type: ["container"], event: ["oom"], label: [label] });
    const events = await engine.getEvents({ since, until: nowInSeconds(), filters });
    return (await text(events)).trim() !== "";
  };
  return {
    note: () => void (isSeen = true),
    async isUsedUp() {
      isSeen ||= await look().catch((error: unknown) => {
        log.warn({ err: error }, "the Docker daemon does not tell of its events");
        return false;
      });
      return isSeen;
    },
  };
}

const nowInSeconds = () => Date.now() / 1_000;
