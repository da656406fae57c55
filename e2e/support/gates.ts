import { rm, writeFile } from "node:fs/promises";
import path from "node:path";

/** Places where child processes of a server wait while the test says so. */
export interface Gates {
  /** Whoever comes to this place from now on waits; those who wait look every moment whether they may go on. */
  close(place: string): Promise<void>;
  open(place: string): Promise<void>;
  /** A file that exists while the place is closed. */
  pathOf(place: string): string;
}

export function createGates(folder: string): Gates {
  const pathOf = (place: string) => path.join(folder, `closed-${place}`);
  return {
    pathOf,
    close: (place) => writeFile(pathOf(place), ""),
    open: (place) => rm(pathOf(place), { force: true }),
  };
}
