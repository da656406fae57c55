import { access, chmod, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { createGates, type Gates } from "./gates.ts";

/** Programs that stand before the real ones on a server's PATH. */
export interface ProgramGates {
  /** For the server. */
  environment: { PATH: string };
  /** One for each word that a program is called with: `checkout`, `--extract`. */
  gates: Gates;
  /** Whether a program waits, or has waited, at a gate since it was last asked so. */
  takeReached(place: string): Promise<boolean>;
}

export async function createProgramGates(
  folder: string,
  programs: readonly string[],
): Promise<ProgramGates> {
  const ownPath = process.env["PATH"] ?? "";
  for (const program of programs) {
    const file = path.join(folder, program);
    await writeFile(file, script({ folder, ownPath, program }));
    await chmod(file, 0o755);
  }
  const reachedPath = (place: string) => path.join(folder, `reached-${place}`);
  return {
    environment: { PATH: `${folder}:${ownPath}` },
    gates: createGates(folder),
    async takeReached(place) {
      const isReached = await access(reachedPath(place)).then(
        () => true,
        () => false,
      );
      if (isReached) await rm(reachedPath(place));
      return isReached;
    },
  };
}

const script = ({ folder, ownPath, program }: Record<"folder" | "ownPath" | "program", string>) =>
  `#!/bin/sh
for word in "$@"; do
  while test -e "${folder}/closed-$word"; do : > "${folder}/reached-$word"; sleep 0.05; done
done
PATH='${ownPath}' exec ${program} "$@"
`;
