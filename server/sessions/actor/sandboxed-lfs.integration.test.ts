import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import type { SessionState } from "#lib/session-state.ts";
import { commitLfsFiles } from "#server/lfs/testing/commit-lfs-files.ts";
import { hasGitLfs, lfsPointer } from "#server/lfs/testing/lfs-server.ts";
import { createProfile } from "#server/profiles/change-profile.ts";
import { newProfile } from "#server/profiles/profile-input.ts";
import { findBubblewrap } from "#server/sandboxes/bubblewrap/find-bubblewrap.ts";
import { foldersOn } from "../testing/cold-start.ts";
import { owner } from "../testing/test-server.ts";
import { useTestServer } from "../testing/use-test-server.ts";

vi.setConfig({ testTimeout: 90_000 });
/** Programs of git-lfs start slowly on a machine that has much to do. */
const UNTIL_MS = 60_000;
// oxlint-disable-next-line node/no-process-env
const trouble = await findBubblewrap(process.env["PATH"] ?? "");
const context = useTestServer({ environment: { SANDBOX: "bubblewrap" } });

test.skipIf(trouble !== null || !hasGitLfs)(
  "an isolated session's git changes between pointers and files, and cannot change what others get",
  async () => {
    const { server, repository } = context;
    await commitLfsFiles(repository, { "grain.bin": "grain of the mill" });
    const profile = newProfile.parse({ name: "Whole", isDefault: true, settings: { lfs: true } });
    await createProfile(server.services, owner, profile);
    await server.work();
    const sessionId = await server.start({
      repository,
      setupCommands: [
        "git status --porcelain > ../home/status",
        "rm grain.bin && git checkout -q -- grain.bin",
        "printf flour > flour.bin && git add flour.bin && git show :flour.bin > ../home/flour",
        "for link in $(find .git/lfs/objects -type l); do ! touch $(readlink $link); done",
      ],
    });
    const isEnded = (state: SessionState) => ["idle", "failed"].includes(state.status);
    const { status } = await server.until(sessionId, isEnded, UNTIL_MS);
    expect(status).toBe("idle");
    const { repositoryPath, homePath } = foldersOn(server, sessionId);
    expect(await readFile(join(repositoryPath, "grain.bin"), "utf8")).toBe("grain of the mill");
    expect(await readFile(join(homePath, "status"), "utf8")).toBe("");
    expect(await readFile(join(homePath, "flour"), "utf8")).toBe(lfsPointer("flour").text);
  },
);
