import { z } from "zod";
import { AppError } from "#lib/errors.ts";
import { keepGeminiRecords } from "./before-load.ts";
import { builtInAgentCommand } from "./built-in-agent-command.ts";
import {
  codexSettings,
  geminiSettings,
  qwenSettings,
  type SettingsFiles,
} from "./settings-files.ts";

interface ImportCommand {
  /** Before the file. */
  args: string[];
  /** What it prints when it has done so. */
  answer: string;
  /** Hides prompts with ids that sort after those that it makes itself. */
  takesIdsFirst?: true;
}

/** An agent as data: nothing in the code knows one agent from another. */
export interface AgentDefinition {
  id: string;
  label: string;
  description: string;
  /** Looked up on PATH unless absolute. */
  command: string;
  args: string[];
  /** What it needs to work; variables of the session win over these. */
  environment: Record<string, string>;
  /** Keeps it from calling home, for updates, telemetry or catalogues, and from asking a model where it can ask us. */
  quietEnvironment: Record<string, string>;
  /** What it must find in its home to work with a key alone, without a login; none unless given. */
  settingsFiles?: SettingsFiles;
  /** Versions that were tried: `from` inclusive, `below` exclusive. Null: any. */
  testedVersions: { from: string; below: string } | null;
  /** Npm package whose version is read beside the command, which saves starting it. */
  packageName: string | null;
  /** Arguments that make it print its version; null when it has none and would start instead. */
  versionArgs: string[] | null;
  installHint: string | null;
  /** `session/load` was seen to work; false makes every start a new session. */
  loadsSessions: boolean;
  /** Commands for a shell in its home, without which it would not find there what it is to load. */
  beforeLoad?: string;
  /** `/compact` shortens its context, though it does not list the command. */
  takesCompactUnlisted?: true;
  /** Takes over a transcript in the form `json`. */
  importCommand?: ImportCommand;
  builtIn: boolean;
}

/** Where the start commands and quiet settings come from: `docs/agents.md`. */
const knownAgents: AgentDefinition[] = [
  {
    id: "opencode",
    label: "OpenCode",
    description:
      "Open-source agent for many model providers; takes a provider's key from the environment.",
    command: "opencode",
    args: ["acp"],
    environment: {},
    quietEnvironment: {
      OPENCODE_DISABLE_MODELS_FETCH: "1",
      OPENCODE_DISABLE_AUTOUPDATE: "1",
      OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
    },
    testedVersions: { from: "1.18.0", below: "1.19.0" },
    packageName: "opencode-ai",
    versionArgs: ["--version"],
    installHint: "npm install -g opencode-ai@1.18.33",
    takesCompactUnlisted: true,
    loadsSessions: true,
    importCommand: { args: ["import"], answer: "Imported session" },
    builtIn: false,
  },
  {
    id: "kilo",
    label: "Kilo",
    description: "Kilo Code's command line; takes a provider's key from the environment.",
    command: "kilo",
    args: ["acp"],
    environment: {},
    quietEnvironment: { KILO_DISABLE_MODELS_FETCH: "1", KILO_TELEMETRY_LEVEL: "off" },
    testedVersions: { from: "7.7.0", below: "7.8.0" },
    packageName: "@kilocode/cli",
    versionArgs: ["--version"],
    installHint: "npm install -g @kilocode/cli@7.7.7",
    takesCompactUnlisted: true,
    loadsSessions: true,
    importCommand: { args: ["import"], answer: "Imported session", takesIdsFirst: true },
    builtIn: false,
  },
  {
    id: "claude",
    label: "Claude Code",
    description: "Anthropic's agent through its ACP adapter; needs ANTHROPIC_API_KEY.",
    command: "claude-agent-acp",
    args: [],
    environment: {},
    quietEnvironment: { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1", DISABLE_AUTOUPDATER: "1" },
    testedVersions: { from: "0.49.0", below: "0.50.0" },
    packageName: "@agentclientprotocol/claude-agent-acp",
    versionArgs: null,
    installHint: "npm install -g @agentclientprotocol/claude-agent-acp@0.49.0",
    loadsSessions: true,
    builtIn: false,
  },
  {
    id: "codex",
    label: "Codex",
    description: "OpenAI's agent through its ACP adapter; needs OPENAI_API_KEY.",
    command: "codex-acp",
    args: [],
    environment: {},
    // Otherwise a model of its own decides what a person is to be asked.
    quietEnvironment: { INITIAL_AGENT_MODE: "workspace-write" },
    settingsFiles: codexSettings,
    testedVersions: { from: "2.6.0", below: "2.7.0" },
    packageName: "@agentclientprotocol/codex-acp",
    versionArgs: null,
    installHint: "npm install -g @agentclientprotocol/codex-acp@2.6.0",
    loadsSessions: true,
    builtIn: false,
  },
  {
    id: "gemini",
    label: "Gemini CLI",
    description: "Google's agent; needs GEMINI_API_KEY.",
    command: "gemini",
    args: ["--acp"],
    environment: {},
    quietEnvironment: {},
    settingsFiles: geminiSettings,
    testedVersions: { from: "0.61.0", below: "0.62.0" },
    packageName: "@google/gemini-cli",
    versionArgs: ["--version"],
    installHint: "npm install -g @google/gemini-cli@0.61.0",
    loadsSessions: true,
    beforeLoad: keepGeminiRecords,
    builtIn: false,
  },
  {
    id: "qwen",
    label: "Qwen Code",
    description:
      "Alibaba's agent for OpenAI-compatible models; needs OPENAI_API_KEY and OPENAI_BASE_URL.",
    command: "qwen",
    args: ["--acp"],
    environment: {},
    quietEnvironment: {},
    settingsFiles: qwenSettings,
    testedVersions: { from: "0.15.0", below: "0.16.0" },
    packageName: "@qwen-code/qwen-code",
    versionArgs: ["--version"],
    installHint: "npm install -g @qwen-code/qwen-code@0.15.10",
    loadsSessions: true,
    builtIn: false,
  },
];

/** The agent that comes with Millrace, so that the product works before any key is configured. */
function builtInAgent(): AgentDefinition {
  return {
    id: "millrace",
    label: "Repository tour",
    description: "Built in: tours the repository with real tools. No language model, no key.",
    ...builtInAgentCommand(),
    environment: {},
    quietEnvironment: {},
    testedVersions: null,
    packageName: null,
    versionArgs: null,
    installHint: null,
    loadsSessions: true,
    builtIn: true,
  };
}

const agentCommandsSchema = z.record(
  z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, "an id of a-z, 0-9 and -"),
  z.strictObject({
    label: z.string().min(1).max(60).optional(),
    command: z.string().min(1).max(4096).optional(),
    args: z.array(z.string().max(4096)).max(50).optional(),
    environment: z.record(z.string(), z.string()).optional(),
  }),
);

/** Agents from configuration by id: new ones, or changes to the known ones. */
export type AgentCommands = z.infer<typeof agentCommandsSchema>;

/** Reads the JSON of `AGENT_COMMANDS`; throws `invalid_input` with a message that names what is wrong. */
export function parseAgentCommands(json: string): AgentCommands {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new AppError("invalid_input", "AGENT_COMMANDS must be a JSON object", { cause });
  }
  const parsed = agentCommandsSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const place = issue?.path.join(".") ?? "";
    throw new AppError(
      "invalid_input",
      `AGENT_COMMANDS ${place}: ${issue?.message ?? "is invalid"}`,
      {
        cause: parsed.error,
      },
    );
  }
  if (parsed.data["millrace"])
    throw new AppError("invalid_input", "AGENT_COMMANDS: the id millrace is taken");
  return parsed.data;
}

/** All agents that a person may choose: built in, known, then those that only configuration knows. */
export function listAgentDefinitions(commands: AgentCommands = {}): AgentDefinition[] {
  const known = [builtInAgent(), ...knownAgents].map((agent) =>
    withCommand(agent, commands[agent.id]),
  );
  const knownIds = new Set(known.map((agent) => agent.id));
  const custom = Object.entries(commands)
    .filter(([id]) => !knownIds.has(id))
    .map(([id, command]) => customAgent(id, command));
  return [...known, ...custom];
}

function withCommand(
  agent: AgentDefinition,
  command: AgentCommands[string] | undefined,
): AgentDefinition {
  if (!command) return agent;
  return {
    ...agent,
    label: command.label ?? agent.label,
    command: command.command ?? agent.command,
    args: command.args ?? agent.args,
    environment: { ...agent.environment, ...command.environment },
  };
}

function customAgent(id: string, command: AgentCommands[string]): AgentDefinition {
  return {
    id,
    label: command.label ?? id,
    description: "A command of your own that speaks the Agent Client Protocol.",
    command: command.command ?? id,
    args: command.args ?? [],
    environment: command.environment ?? {},
    quietEnvironment: {},
    testedVersions: null,
    packageName: null,
    versionArgs: null,
    installHint: null,
    loadsSessions: true,
    builtIn: false,
  };
}
