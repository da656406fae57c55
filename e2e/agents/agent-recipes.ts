import type { ModelToolCall } from "../support/model-formats/wire-format.ts";
import type { NpmAgentId } from "../support/fetch-agent.ts";
import { openCodeEnvironment } from "../support/opencode-environment.ts";

/** What a test must know of an agent: how it finds the model, and what its own tools are called. */
export interface AgentRecipe {
  /** Variables of the session; `origin` is where the model server is reached. */
  environment(origin: string): Record<string, string>;
  write(path: string, text: string): ModelToolCall;
  shell(command: string): ModelToolCall;
  /** For one that changes what git keeps, where that is another call. */
  commit?(command: string): ModelToolCall;
  /** Whether it asks before it writes; the others leave that to their sandbox or to ours. */
  asksToWrite: boolean;
  /** False: what a command has started goes on after an interrupt, until the agent ends. */
  endsCommands: boolean;
  /** Whether it takes our transcript over, when it has lost what it knew. */
  takesTranscripts?: true;
}

const asking = { edit: "ask", bash: "ask" };
const openCodeTools = {
  write: (filePath: string, content: string) => ({
    name: "write",
    arguments: { filePath, content },
  }),
  shell: (command: string) => ({
    name: "bash",
    arguments: { command, description: "Runs a command" },
  }),
  asksToWrite: true,
  endsCommands: true,
};

/** Gemini's tools, which Qwen Code has taken over. */
const geminiTools = {
  write: (path: string, content: string) => ({
    name: "write_file",
    arguments: { file_path: path, content },
  }),
  shell: (command: string) => ({
    name: "run_shell_command",
    arguments: { command, description: "Runs a command", is_background: false },
  }),
  asksToWrite: true,
  endsCommands: true,
};

export const agentRecipes: Record<NpmAgentId, AgentRecipe> = {
  opencode: {
    ...openCodeTools,
    takesTranscripts: true,
    environment: (origin) => openCodeEnvironment(`${origin}/v1`, { permission: asking }),
  },
  kilo: {
    ...openCodeTools,
    takesTranscripts: true,
    environment: (origin) => {
      const { OPENCODE_CONFIG_CONTENT: config = "" } = openCodeEnvironment(`${origin}/v1`, {
        permission: asking,
      });
      return { KILO_CONFIG_CONTENT: config };
    },
  },
  claude: {
    environment: (origin) => ({ ANTHROPIC_BASE_URL: origin, ANTHROPIC_API_KEY: "no-key" }),
    write: (path, content) => ({ name: "Write", arguments: { file_path: path, content } }),
    shell: (command) => ({
      name: "Bash",
      arguments: { command, description: "Runs a command" },
    }),
    asksToWrite: true,
    endsCommands: true,
  },
  codex: {
    environment: (origin) => ({
      OPENAI_BASE_URL: `${origin}/v1`,
      OPENAI_API_KEY: "no-key",
      OPENAI_MODEL: "scripted-1",
    }),
    write: (path, text) => ({
      name: "exec_command",
      arguments: { cmd: `printf %s '${text}' > '${path}'` },
    }),
    shell: (cmd) => ({ name: "exec_command", arguments: { cmd } }),
    // Its own sandbox keeps `.git` from it until it is allowed to leave that sandbox for a command.
    commit: (cmd) => ({
      name: "exec_command",
      arguments: {
        cmd,
        sandbox_permissions: "require_escalated",
        justification: "May I commit the note?",
      },
    }),
    asksToWrite: false,
    endsCommands: false,
  },
  gemini: {
    ...geminiTools,
    environment: (origin) => ({
      GOOGLE_GEMINI_BASE_URL: origin,
      GEMINI_API_KEY: "no-key",
      // Otherwise it asks a model first which model it should ask.
      GEMINI_MODEL: "scripted-1",
    }),
  },
  qwen: {
    ...geminiTools,
    environment: (origin) => ({
      OPENAI_BASE_URL: `${origin}/v1`,
      OPENAI_API_KEY: "no-key",
      OPENAI_MODEL: "scripted-1",
    }),
  },
};
