import { isAppError } from "#lib/errors.ts";
import type { AgentDefinition } from "#server/agents/agent-registry.ts";
import { feedScript } from "#server/checkpoints/workspace-script.ts";
import { exportSession } from "#server/exports/export-session.ts";
import type { Sandbox } from "#server/sandboxes/sandbox.ts";
import type { Services } from "#server/services.ts";
import type { WorkspaceFolders } from "#server/workspaces/workspace-folders.ts";
import type { Ownership } from "../change-session.ts";
import { putIdsFirst } from "./put-ids-first.ts";

const TIMEOUT_MS = 60_000;

/** Keeps the file for as long as the command runs. Some commands end well although they have imported nothing. */
const IMPORT = `
answer=$1; shift
mkdir -p "$TMPDIR"
file=$(mktemp "$TMPDIR/session-XXXXXX.json")
trap 'rm -f "$file"' EXIT
cat > "$file"
output=$("$@" "$file" </dev/null)
case "$output" in *"$answer"*) ;; *) echo "$output" >&2; exit 1 ;; esac`;

interface ImportOptions {
  ownership: Ownership;
  agent: AgentDefinition;
  sandbox: Sandbox;
  folders: WorkspaceFolders;
  /** Of the agent's processes. */
  environment: Record<string, string>;
  signal: AbortSignal;
  onOutput(text: string): void;
}

/**
 * Gives our transcript to an agent that has lost what it knew of a session, through a file that is removed whatever
 * happens. Answers the id that the agent knows the session by from then on; null where it takes none, which is told.
 */
export async function importSession(
  services: Pick<Services, "database" | "blobs" | "log">,
  { ownership, agent, sandbox, folders, environment, signal, onOutput }: ImportOptions,
): Promise<string | null> {
  const { importCommand } = agent;
  if (!importCommand) return null;
  const { sessionId, generation } = ownership;
  const shell = {
    sandbox,
    folders,
    signal,
    timeoutMs: TIMEOUT_MS,
    environment: { ...agent.quietEnvironment, ...agent.environment, ...environment },
  };
  const args = [importCommand.answer, agent.command, ...importCommand.args];
  try {
    const { chunks } = await exportSession(services, {
      sessionId,
      generation,
      format: "json",
      signal,
    });
    const transcript = importCommand.takesIdsFirst ? putIdsFirst(chunks) : chunks;
    await feedScript(shell, { text: IMPORT, args }, transcript);
    onOutput(`${agent.label} took over the transcript of this session\n`);
    return sessionId;
  } catch (error) {
    signal.throwIfAborted();
    if (!isAppError(error)) throw error;
    services.log.warn({ err: error }, "transcript not imported");
    onOutput(`${agent.label} did not take over the transcript of this session\n`);
    return null;
  }
}
