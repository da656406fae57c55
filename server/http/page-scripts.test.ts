import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPrefetchLink } from "./page-scripts.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "millrace-build-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

test("without a build there is nothing to fetch ahead", async () => {
  const linkFor = await createPrefetchLink(root);
  expect(linkFor("/")).toBeNull();
});

test("pages that lead to a session name each script of its page once", async () => {
  const page = join(root, ".next/server/app/sessions/[sessionId]");
  await mkdir(page, { recursive: true });
  const client = { id: 1, chunks: ["/_next/static/chunks/a.js", "/_next/static/chunks/b-~.js"] };
  await writeFile(
    join(page, "page_client-reference-manifest.js"),
    `globalThis.manifest = ${JSON.stringify({ clientModules: { x: client, y: client } })}`,
  );
  const linkFor = await createPrefetchLink(root);
  expect(linkFor("/")).toBe(
    "</_next/static/chunks/a.js>; rel=prefetch; as=script, </_next/static/chunks/b-~.js>; rel=prefetch; as=script",
  );
  expect(linkFor("/sessions")).toBe(linkFor("/"));
  expect(linkFor("/settings")).toBeNull();
});
