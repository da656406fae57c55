import { chmod, writeFile } from "node:fs/promises";
import path from "node:path";
import { createGates, type Gates } from "./gates.ts";

/** A git that stands before the real one on a server's PATH. */
export interface GitGate {
  /** For the server. */
  environment: Record<string, string>;
  /** One for each of git's commands: `checkout`. */
  gates: Gates;
}

export async function createGitGate(folder: string): Promise<GitGate> {
  const ownPath = process.env["PATH"] ?? "";
  const script = `#!/bin/sh
while test -e "${folder}/closed-$1"; do sleep 0.05; done
PATH='${ownPath}' exec git "$@"
`;
  const file = path.join(folder, "git");
  await writeFile(file, script);
  await chmod(file, 0o755);
  return { environment: { PATH: `${folder}:${ownPath}` }, gates: createGates(folder) };
}
