import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** From where people go on to a session's page, which they should not have to wait for. */
const leadsToSession = new Set(["/", "/sessions"]);

/**
 * Makes the `Link` header (RFC 8288) by which a browser with nothing else to do fetches the scripts of a session's page
 * before somebody goes there; null where nothing needs one. The router of Next.js fetches none ahead of a page that is
 * rendered when asked for, and only the manifest of its build names them: there is none in development.
 */
export async function createPrefetchLink(
  projectRoot: string,
): Promise<(pathname: string) => string | null> {
  const scripts = await findScripts(projectRoot);
  if (scripts.length === 0) return () => null;
  const link = scripts.map((script) => `<${script}>; rel=prefetch; as=script`).join(", ");
  return (pathname) => (leadsToSession.has(pathname) ? link : null);
}

async function findScripts(projectRoot: string): Promise<string[]> {
  const page = join(projectRoot, ".next/server/app/sessions/[sessionId]");
  try {
    const manifest = await readFile(join(page, "page_client-reference-manifest.js"), "utf8");
    return [...new Set(manifest.match(/\/_next\/static\/chunks\/[^"]+\.js(?=")/g))];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
