import type Docker from "dockerode";
import { MEMORY_GAP, PROCESSES_GAP, PROCESSORS_GAP } from "../gaps.ts";
import type { SandboxDriver } from "../sandbox.ts";
import { createDockerDriver } from "./docker-driver.ts";
import { isAnswer } from "./engine-answers.ts";
import { loadEngine } from "./load-engine.ts";
import { removeOrphans } from "./orphans.ts";

interface DockerPlace {
  /** Where the daemon listens. */
  socketPath: string;
  /** Name of an image that the daemon has; what it means now holds for all containers of the driver. */
  image: string;
  /** What is to be limited; null for nothing. */
  processorCount: number | null;
}

/**
 * The driver for this daemon and image; else why there is none, in words for people. Takes away containers of servers
 * of this machine that were killed.
 */
export async function findDocker({
  socketPath,
  image,
  processorCount,
}: DockerPlace): Promise<SandboxDriver | string> {
  const engine = loadEngine(socketPath);
  if (typeof engine === "string") return engine;
  const gaps = await readGaps(engine, processorCount).catch((error: Error) =>
    describe(error, socketPath),
  );
  if (typeof gaps === "string") return gaps;
  try {
    const { Id: imageId, Config: config } = await engine.getImage(image).inspect();
    const volumes = Object.keys(config.Volumes ?? {});
    // Nobody would count what is written there.
    if (volumes.length > 0) return `the image ${image} has volumes (${volumes.join(", ")})`;
    await removeOrphans(engine);
    return createDockerDriver({ engine, imageId, gaps });
  } catch (error) {
    if (!isAnswer(error, [404])) throw error;
    return `the image ${image} is not on this machine: run docker pull ${image}`;
  }
}

/** What the daemon cannot limit, as the kernel does not let it. */
async function readGaps(engine: Docker, processorCount: number | null): Promise<string[]> {
  const info = (await engine.info()) as Record<string, unknown>;
  const gaps = { MemoryLimit: MEMORY_GAP, PidsLimit: PROCESSES_GAP, CpuCfsQuota: PROCESSORS_GAP };
  return Object.entries(gaps)
    .filter(([name, gap]) => info[name] !== true && (gap !== PROCESSORS_GAP || processorCount))
    .map(([, gap]) => gap);
}

function describe({ message }: Error, socketPath: string): string {
  return `the Docker daemon does not answer at ${socketPath}: ${message}`;
}
