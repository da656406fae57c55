/** One value that an option can have. */
export interface AgentChoice {
  /** Exactly as the agent takes it. */
  value: string;
  name: string;
  /** Null where the agent does not tell. */
  description: string | null;
}

/** Which call of the protocol changes an option. */
export type AgentOptionWay = "mode" | "model" | "config";

/** Something that can be chosen in an agent: its mode, its model, how much it thinks. */
export interface AgentOption {
  id: string;
  name: string;
  way: AgentOptionWay;
  /** `mode`, `model`, `thought_level`, … or null. */
  category: string | null;
  /** What the agent has now. */
  value: string;
  choices: AgentChoice[];
}

/** A slash command of an agent. */
export interface AgentCommand {
  /** Without the slash. */
  name: string;
  description: string;
  /** What may be typed behind it; null when it takes nothing. */
  hint: string | null;
}

/** An option as pages show it beside the session, without the list of its choices. */
export interface AgentOptionState {
  id: string;
  name: string;
  category: string | null;
  value: string;
  /** Of the value, for people. */
  valueName: string;
  /** What somebody chose for the next prompt on; null when that is what the agent has. */
  chosen: { value: string; name: string } | null;
}

/** Where the lists are read again when `version` has grown. */
export interface AgentSettingsState {
  version: number;
  options: AgentOptionState[];
  commandCount: number;
}
