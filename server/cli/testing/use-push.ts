import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll } from "vitest";
import { createLocalToken } from "#server/accounts/create-local-token.ts";
import { useIngest } from "#server/ingest/testing/use-ingest.ts";
import { type PushContext, runPush } from "../push-command.ts";
import { readArguments, type PushCommand } from "../read-arguments.ts";

interface Ran {
  exitCode: number;
  sessionId: string;
  notes: string[];
  progress: string[];
}

/** A server, a token that may push to it, and a folder for files and the memory of the command. */
export function usePush() {
  const ingest = useIngest();
  const push = { ingest, run, folder: "", token: "" };
  beforeAll(async () => {
    push.folder = await mkdtemp(join(tmpdir(), "millrace-cli-"));
    const { database } = ingest.services();
    const asked = { name: "Test", scopes: ["ingest" as const], expiresInDays: 1 };
    push.token = (await createLocalToken(database, asked)).secret;
  });
  afterAll(() => rm(push.folder, { recursive: true, force: true }));

  async function run(args: string[], change: Partial<PushContext> = {}): Promise<Ran> {
    const printed: string[] = [];
    const notes: string[] = [];
    const progress: string[] = [];
    const exitCode = await runPush(readArguments(["push", ...args]) as PushCommand, {
      address: { url: ingest.web().url, token: push.token },
      terminal: {
        print: (line) => printed.push(line),
        note: (line) => notes.push(line),
        progress: (line) => progress.push(line),
      },
      stdin: Readable.from([]),
      stateHome: push.folder,
      signal: new AbortController().signal,
      ...change,
    });
    return { exitCode, sessionId: printed[0]?.split("/").at(-1) ?? "", notes, progress };
  }

  return push;
}
