import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { build } from "esbuild";
import type { SpoolServices } from "#server/exports/spool.ts";
import { exportSession } from "#server/exports/export-session.ts";
import { readStyles } from "../support/read-styles.ts";

export interface SnapshotHost {
  /** Of a page that reads the session from the database, as the product's own page does. */
  storedUrl: string;
  /** Of one whose snapshot lies in memory. */
  heldUrl: string;
  close(): void;
}

/** Serves one session as a snapshot, uncompressed and to anybody, and pages that load it whole. */
export async function startSnapshotHost(
  services: SpoolServices,
  sessionId: string,
): Promise<SnapshotHost> {
  const styles = readStyles();
  const script = await buildPage();
  const held = Buffer.concat(
    await Readable.from(await openSnapshot(services, sessionId)).toArray(),
  );
  const answers: Record<string, (response: ServerResponse) => Promise<void> | void> = {
    "/stored": (response) => send(response, "text/html", pageOf("/stored.json")),
    "/held": (response) => send(response, "text/html", pageOf("/held.json")),
    "/page.css": (response) => send(response, "text/css", styles),
    "/page.js": (response) => send(response, "text/javascript", script),
    "/held.json": (response) => send(response, "application/json", held),
    "/stored.json": async (response) => {
      response.setHeader("content-type", "application/json");
      await pipeline(Readable.from(await openSnapshot(services, sessionId)), response);
    },
  };
  const host = createServer((request, response) => {
    const answer = answers[request.url ?? ""];
    response.statusCode = answer ? 200 : 404;
    if (answer) void answer(response);
    else response.end();
  });
  host.listen(0, "127.0.0.1");
  await once(host, "listening");
  const url = `http://127.0.0.1:${(host.address() as AddressInfo).port}`;
  return { storedUrl: `${url}/stored`, heldUrl: `${url}/held`, close: () => host.close() };
}

async function openSnapshot(services: SpoolServices, sessionId: string) {
  const { signal } = new AbortController();
  const query = { sessionId, generation: 1, format: "json", signal } as const;
  return (await exportSession(services, query)).chunks;
}

/** The snapshot is asked for by the page itself, at once: it does not wait for the script. */
function pageOf(address: string): string {
  return `<!doctype html><title>Snapshot</title><link rel="stylesheet" href="/page.css">
<link rel="preload" as="fetch" crossorigin href="${address}">
<main data-snapshot="${address}"></main><script type="module" src="/page.js"></script>`;
}

function send(response: ServerResponse, type: string, body: string | Buffer) {
  response.setHeader("content-type", type);
  response.end(body);
}

async function buildPage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "snapshot-page.tsx")],
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
    logOverride: { "empty-import-meta": "silent" },
  });
  return outputFiles[0]?.text ?? "";
}
