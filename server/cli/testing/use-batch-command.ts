import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { afterAll, beforeAll } from "vitest";
import type { BatchItem } from "#lib/batch.ts";
import { createLocalToken } from "#server/accounts/create-local-token.ts";
import { startBatchWorker } from "#server/batches/batch-worker.ts";
import { useIngest } from "#server/ingest/testing/use-ingest.ts";
import { runBatch } from "../batch-command.ts";
import { runKnownBatch } from "../known-batch-command.ts";
import type { PushContext } from "../push-command.ts";
import { readArguments } from "../read-arguments.ts";

interface Ran {
  exitCode: number;
  batchId: string;
  printed: string[];
  notes: string[];
  /** What was written to standard output otherwise. */
  written: string;
}

/** A server that works on batches, a token that may fill and read them, and a folder for files. */
export function useBatchCommand() {
  const ingest = useIngest();
  const batch = {
    ingest,
    folder: "",
    token: "",
    /** `millrace batch import …` */
    run: (args: string[], change: Partial<PushContext> = {}) => ask(["import", ...args], change),
    ask,
    async writeLines(name: string, lines: string[]): Promise<string> {
      const path = join(batch.folder, name);
      await writeFile(path, `${lines.join("\n")}\n`);
      return path;
    },
    itemsOf: async (batchId: string, query = ""): Promise<BatchItem[]> =>
      (await ingest.ask("GET", `/api/v1/batches/${batchId}/items${query}`)).body.items,
  };
  beforeAll(async () => {
    batch.folder = await mkdtemp(join(tmpdir(), "millrace-batch-"));
    const { services } = ingest.web().server;
    const asked = { name: "Test", scopes: ["ingest" as const, "read" as const], expiresInDays: 1 };
    batch.token = (await createLocalToken(services.database, asked)).secret;
    const worker = await startBatchWorker(services, { over: services.draining });
    services.draining.addEventListener("abort", () => void worker.stop());
  });
  afterAll(() => rm(batch.folder, { recursive: true, force: true }));

  /** `millrace batch …` */
  async function ask(args: string[], change: Partial<PushContext> = {}): Promise<Ran> {
    const printed: string[] = [];
    const notes: string[] = [];
    let written = "";
    const stdout = new Writable({
      write(chunk, _encoding, done) {
        written += String(chunk);
        done();
      },
    });
    const context = {
      address: { url: ingest.web().url, token: batch.token },
      terminal: {
        print: (line: string) => void printed.push(line),
        note: (line: string) => void notes.push(line),
        progress() {},
      },
      stdin: Readable.from([]),
      stateHome: batch.folder,
      signal: new AbortController().signal,
      ...change,
    };
    const command = readArguments(["batch", ...args]);
    if (command.name !== "batch" && command.name !== "known-batch") throw new Error(command.name);
    const exitCode =
      command.name === "batch"
        ? await runBatch(command, context)
        : await runKnownBatch(command, { ...context, stdout });
    return { exitCode, batchId: printed[0] ?? "", printed, notes, written };
  }
  return batch;
}
