interface LockedPackage {
  version?: string;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

export interface Lockfile {
  /** By place: `` for our own package, else `node_modules/a` or `node_modules/a/node_modules/b`. */
  packages: Record<string, LockedPackage>;
}

export interface Missing {
  name: string;
  version: string;
}

/**
 * What packages ask for and the lockfile does not hold. npm leaves out optional packages that the registry it asked
 * does not carry (those of other platforms), and then refuses its own file in `npm ci`.
 */
export function findMissing({ packages }: Lockfile): Missing[] {
  return Object.entries(packages).flatMap(([place, locked]) => {
    const wanted = {
      ...locked.dependencies,
      ...locked.devDependencies,
      ...locked.optionalDependencies,
    };
    return Object.entries(wanted)
      .filter(([name]) => !listPlaces(place, name).some((one) => one in packages))
      .map(([name, version]) => ({ name, version }));
  });
}

/** Where Node.js would look for `name` from `place`, nearest first. */
function listPlaces(place: string, name: string): string[] {
  const parents = place === "" ? [] : place.split("/node_modules/");
  const folders = parents.map(
    (_, depth) => `${parents.slice(0, depth + 1).join("/node_modules/")}/`,
  );
  return [...folders.toReversed(), ""].map((folder) => `${folder}node_modules/${name}`);
}

const SYSTEMS = ["android", "darwin", "freebsd", "linux", "openharmony", "win32"];
const PROCESSORS = ["arm", "arm64", "ia32", "ppc64", "riscv64", "s390x", "wasm32", "x64"];

/**
 * The entry of an optional package for another platform, from its name alone: `@next/swc-darwin-arm64`.
 * Throws when the name tells neither system nor processor, because then the package is missing for real.
 */
export function createEntry({ name, version }: Missing): LockedPackage {
  const words = name.split(/[-/]/);
  const os = SYSTEMS.filter((system) => words.includes(system));
  const cpu = PROCESSORS.filter((processor) => words.includes(processor));
  if (cpu.length === 0) throw new Error(`${name} ${version} is missing from package-lock.json`);
  const libc = words.at(-1)?.startsWith("musl") ? ["musl"] : ["glibc"];
  return {
    version,
    cpu,
    ...(os[0] === "linux" && { libc }),
    optional: true,
    ...(os.length > 0 && { os }),
  };
}
