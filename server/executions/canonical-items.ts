/**
 * The canonical items of a session, in the shapes that OpenCode and Kilo write and import: what a snapshot holds as
 * `info` and as a part. What they ask for and we do not know is empty, and so is every folder of this machine. Members
 * marked as ours are additions that they drop; what is in `metadata` they keep. Times are milliseconds since 1970.
 */
export interface SessionInfo {
  id: string;
  slug: "";
  projectID: "";
  directory: "";
  title: string;
  version: "";
  /** US dollars of the session. */
  cost: number;
  tokens: Tokens;
  /** Tells an item of ours from one that the session was brought with, which stays as it came. */
  metadata: { millrace: { recorded: true } };
  time: { created: number; updated: number };
}

export interface Tokens {
  input: number;
  output: number;
  reasoning: number;
  cache: { read: number; write: number };
}

export interface UserMessage {
  id: string;
  sessionID: string;
  role: "user";
  time: { created: number };
  agent: string;
  /** Empty names where the agent does not tell its model. */
  model: { providerID: string; modelID: string };
}

export interface AssistantMessage {
  id: string;
  sessionID: string;
  role: "assistant";
  time: { created: number; completed?: number };
  /** The prompt that it answers. */
  parentID: string;
  agent: string;
  /** What OpenCode called the agent before. */
  mode: string;
  /** Empty where the agent does not tell. */
  modelID: string;
  providerID: string;
  path: { cwd: ""; root: "" };
  /** US dollars of this turn. */
  cost: number;
  tokens: Tokens;
  /** Ours: tokens in the model's context and its size, as last told. */
  context?: { used: number; size: number };
  /** The agent's stop reason. */
  finish?: string;
  error?: { name: "MessageAbortedError" | "UnknownError"; data: { message: string } };
  /** Ours: updates of unknown kinds beyond what is kept. */
  omittedUpdateCount?: number;
}

interface PartBase {
  id: string;
  messageID: string;
  sessionID: string;
}

export interface TextPart extends PartBase {
  type: "text" | "reasoning";
  text: string;
  /** Of a text that the agent meant as a notice to people. */
  metadata?: { notice: { severity: string; title: string; description: string | null } };
  time: { start: number; end?: number };
}

export interface FilePart extends PartBase {
  type: "file";
  /** Of a file that lay in what the agent only thought. */
  metadata?: { thought: true };
  mime: string;
  filename?: string;
  /** A `data:` URL, or where the agent says that it is. */
  url: string;
}

export interface FileChange {
  path: string;
  /** Null for a new file. */
  oldText: string | null;
  newText: string;
}

export interface ToolMetadata {
  /** ACP's kind: `read`, `edit`, `execute`, … */
  kind?: string;
  locations?: { path: string; line?: number }[];
  diffs?: FileChange[];
  exitCode?: number;
  /** UTF-16 units that were left out of the middle of the output. */
  omittedCharacters?: number;
}

export interface ToolState {
  status: "pending" | "running" | "completed" | "error";
  input: Record<string, unknown>;
  /** Only while pending, where OpenCode has the input's raw text. */
  raw?: string;
  title: string;
  output: string;
  error?: string;
  metadata: ToolMetadata;
  time: { start: number; end?: number };
  attachments?: FilePart[];
}

export interface ToolPart extends PartBase {
  type: "tool";
  callID: string;
  /** `bash`, `read`, `edit`, … or the agent's own name for it. */
  tool: string;
  state: ToolState;
}

/** The agent shortened its own context. */
export interface CompactionPart extends PartBase {
  type: "compaction";
  auto: true;
  /** Ours, as what follows: what the agent tells of it. */
  compactionId: string;
  /** `in_progress`, `completed`, `failed`, `cancelled`, or a word that we do not know. */
  status: string;
  summary: string;
  /** Why it failed. */
  error?: string;
  /** Tokens in the context: before it, and afterwards once the agent tells. */
  tokens?: { before: number; after: number | null };
}

/** Ours: an update of a kind that we do not know, verbatim. OpenCode has no part for it and refuses to import it. */
export interface UpdatePart extends PartBase {
  type: "update";
  kind: string;
  data: Record<string, unknown>;
}

export type Part = TextPart | FilePart | ToolPart | CompactionPart | UpdatePart;
