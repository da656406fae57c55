import { hash } from "node:crypto";
import { isRecord } from "#lib/is-record.ts";
import { type ContentFile, readBlock, readToolContent } from "#server/executions/read-content.ts";
import type { AgentUpdate } from "#server/agents/agent-update.ts";
import type { ExecutionTarget, OutputServices } from "./begin-output.ts";
import { contentPort } from "./content-port.ts";
import { receiveOutput } from "./receive-output.ts";
import { REFUSAL_ROWS_MAX, refuseOutput, REST_PORT } from "./refuse-output.ts";

const DATA_URL = /^data:[^,]*;base64,/;
const CHUNK_BYTES = 1024 * 1024;

interface ContentOptions extends ExecutionTarget {
  quotaBytes?: number;
  thresholdBytes?: number | undefined;
}

/** Brings out the files that an agent holds in what it says: pictures, sounds, resources. */
export interface ContentCollector {
  /** A promise means: take no more until it settles. Never throws or rejects: what fails is told by a row, and logged. */
  take(update: AgentUpdate): Promise<void> | undefined;
  /** Resolves when all that was taken is stored, or told not to be. */
  settled(): Promise<void>;
}

/** One for each turn: agents repeat the content of a tool call with each of its updates, and each file comes out once. */
export function collectContent(
  services: OutputServices,
  options: ContentOptions,
): ContentCollector {
  const taken = new Set<string>();
  let refusalCount = 0;
  let storing: Promise<void> = Promise.resolve();

  const store = async (file: ContentFile, position: number) => {
    const bytes = Buffer.from(file.url.slice(file.url.indexOf(",") + 1), "base64");
    const port = contentPort({ name: file.filename, mime: file.mime }, position);
    await receiveOutput(services, {
      ...options,
      port,
      source: "content",
      mime: file.mime,
      announcedBytes: bytes.byteLength,
      body: chunksOf(bytes),
      isUnattended: refusalCount < REFUSAL_ROWS_MAX,
    });
  };

  const refuse = async ({ mime }: ContentFile, error: unknown) => {
    services.log.warn({ err: error, mime }, "content was not brought out");
    refusalCount += 1;
    if (refusalCount !== REFUSAL_ROWS_MAX + 1) return;
    const rest = { port: REST_PORT, source: "content", mode: "binary", mime } as const;
    const message = "More of what the agent sent was not brought out";
    await refuseOutput(services, { ...options, ...rest }, { message }).catch((cause: unknown) =>
      services.log.warn({ err: cause }, "refused content was not told of"),
    );
  };

  return {
    settled: () => storing,
    take(update) {
      const files = filesOf(update).filter(({ url }) => {
        if (!DATA_URL.test(url)) return false;
        const digest = hash("sha256", url, "hex");
        if (taken.has(digest)) return false;
        taken.add(digest);
        return true;
      });
      if (files.length === 0) return undefined;
      const first = taken.size - files.length + 1;
      for (const [n, file] of files.entries()) {
        storing = storing
          .then(() => store(file, first + n))
          .catch((error: unknown) => refuse(file, error));
      }
      return storing;
    },
  };
}

function filesOf({ sessionUpdate, content }: AgentUpdate): ContentFile[] {
  if (sessionUpdate === "tool_call" || sessionUpdate === "tool_call_update")
    return readToolContent(content).files;
  if (sessionUpdate !== "agent_message_chunk" || !isRecord(content)) return [];
  const block = readBlock(content);
  return block && "file" in block ? [block.file] : [];
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.byteLength; start += CHUNK_BYTES)
    yield bytes.subarray(start, start + CHUNK_BYTES);
}
