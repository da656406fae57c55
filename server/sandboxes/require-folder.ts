import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { AppError } from "#lib/errors.ts";
import type { SpawnRequest } from "./sandbox.ts";

/** Throws `unavailable` when there is no folder to run the command in. */
export async function requireFolder(
  { command, cwd }: Pick<SpawnRequest, "command" | "cwd">,
  cause?: unknown,
): Promise<void> {
  const entry = await stat(cwd).catch(() => null);
  if (entry?.isDirectory()) return;
  throw new AppError("unavailable", `${basename(command)} has no folder to run in`, { cause });
}
