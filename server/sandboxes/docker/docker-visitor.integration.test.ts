import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import { expect, test } from "vitest";
import { GENEROUS } from "../testing/use-session.ts";
import { createDockerDriver } from "./docker-driver.ts";
import { containerLabels } from "./orphans.ts";

test.each([
  ["the owner of a session takes away what others run in its folder", false, ["theirs"]],
  ["a visitor leaves an agent of another server at work", true, []],
])("%s", async (_, isVisitor, expected) => {
  const folder = await mkdtemp(join(tmpdir(), "millrace-visitor-"));
  const session = { sessionId: "ses_1", generation: 1 };
  const labels = containerLabels({ ...session, folder, sandboxId: "theirs" });
  const theirs = { Id: "theirs", Labels: { ...labels, "millrace.server": "another-host 7 1" } };
  const removed: string[] = [];
  const engine = {
    listContainers: async () => [theirs],
    getContainer: (id: string) => ({ remove: async () => void removed.push(id) }),
  } as unknown as Docker;
  const sandbox = await createDockerDriver({ engine, imageId: "none", gaps: [] }).prepare({
    ...session,
    isVisitor,
    writablePaths: [folder],
    readablePaths: [],
    egress: { allowedHosts: [], allowedPrivateHosts: [], ownRoutes: [] },
    limits: GENEROUS,
    onRefused: () => {},
  });
  await sandbox.close();
  await rm(folder, { recursive: true });
  expect(removed).toEqual(expected);
});
