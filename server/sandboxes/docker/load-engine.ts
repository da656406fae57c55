import type Docker from "dockerode";

/** The program that talks to the daemon, or why there is none, in words for people. */
export async function loadEngine(socketPath: string): Promise<Docker | string> {
  try {
    const { default: Engine } = await import("dockerode");
    return new Engine({ socketPath });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    return "the package dockerode is not installed: run npm install dockerode@5";
  }
}
