import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { fetchAgent } from "./fetch-agent.ts";

const COMMAND_TIMEOUT_MS = 180_000;
const run = promisify(execFile);

type Body = Record<string, unknown>;

/** A session as OpenCode and Kilo export and import it. */
export interface AgentSnapshot {
  info: { id: string } & Body;
  messages: {
    info: { id: string } & Body;
    parts: ({ id: string; messageID: string } & Body)[];
  }[];
}

/** What OpenCode and Kilo have a place for: they drop members of ours, and put a session where it is imported. */
export function withoutOwnMembers({ info, messages }: AgentSnapshot): AgentSnapshot {
  const { projectID: _project, directory: _directory, path: _path, ...session } = info;
  return {
    info: session,
    messages: messages.map(({ info: { context: _context, ...message }, parts }) => ({
      info: message as AgentSnapshot["messages"][0]["info"],
      parts: parts.map(withoutOwnPartMembers) as AgentSnapshot["messages"][0]["parts"],
    })),
  };
}

function withoutOwnPartMembers({
  compactionId: _id,
  status: _status,
  summary: _text,
  tokens: _sizes,
  ...part
}: Body): Body {
  const { title: _title, output: _output, ...failed } = (part["state"] ?? {}) as Body;
  return failed["status"] === "error" ? { ...part, state: failed } : part;
}

/** What an agent that knows nothing yet exports once it has imported this, both by its own commands in `folder`. */
export async function takeThroughAgent(
  id: "opencode" | "kilo",
  { snapshot, folder }: { snapshot: AgentSnapshot; folder: string },
): Promise<AgentSnapshot> {
  const command = path.join(await fetchAgent(id), id);
  const cwd = path.join(folder, "workspace");
  const [imported, exported] = [path.join(folder, "in.json"), path.join(folder, "out.json")];
  await mkdir(cwd, { recursive: true });
  await writeFile(imported, JSON.stringify(snapshot));
  const env = {
    NODE_ENV: "production" as const,
    PATH: process.env["PATH"],
    HOME: folder,
    XDG_DATA_HOME: path.join(folder, "data"),
    OPENCODE_DISABLE_MODELS_FETCH: "1",
    KILO_DISABLE_MODELS_FETCH: "1",
    KILO_TELEMETRY_LEVEL: "off",
  };
  // Into a file: a pipe gets no more than its first 64 KiB.
  const script = `set -e; "$0" import "$1" </dev/null; exec "$0" export "$2" </dev/null >"$3"`;
  const args = ["-c", script, command, imported, snapshot.info.id, exported];
  await run("/bin/sh", args, { cwd, env, timeout: COMMAND_TIMEOUT_MS });
  const text = await readFile(exported, "utf8");
  return JSON.parse(text.slice(text.indexOf("{"))) as AgentSnapshot;
}
