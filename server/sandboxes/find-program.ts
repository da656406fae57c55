import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";

/** Path of a program as the shell finds it on `path`, or null; a command with a slash is taken as it is. */
export async function findProgram(command: string, path: string): Promise<string | null> {
  const folders = path.split(delimiter).filter((folder) => folder !== "");
  const candidates = command.includes("/")
    ? [command]
    : folders.map((folder) => join(folder, command));
  for (const candidate of candidates) {
    const isThere = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return candidate;
  }
  return null;
}
