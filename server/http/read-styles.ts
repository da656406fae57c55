import { readdir, readFile } from "node:fs/promises";
import { join, posix } from "node:path";

const PREFIX = "/_next/static/";

/** The style sheets of a build by their paths, as they can stand in a page; none without a build. */
export async function readStyles(projectRoot: string): Promise<ReadonlyMap<string, string>> {
  const folder = join(projectRoot, ".next/static");
  const names = await readdir(folder, { recursive: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  });
  const sheets = names.filter((name) => name.endsWith(".css"));
  return new Map(
    await Promise.all(
      sheets.map(async (name) => {
        const text = await readFile(join(folder, name), "utf8");
        return [PREFIX + name, fromAnywhere(text, PREFIX + name)] as const;
      }),
    ),
  );
}

/** Addresses in a sheet are told from where it lies, and in a page from where that is. */
const fromAnywhere = (text: string, path: string) =>
  text
    .replaceAll(/url\((["']?)(\.[^)"']*)\1\)/g, (_, quote: string, address: string) => {
      const absolute = posix.join(posix.dirname(path), address);
      return `url(${quote}${absolute}${quote})`;
    })
    .replaceAll("</style", "<\\/style");
