/**
 * The canonical items of a session, in the shapes that OpenCode and Kilo write: what a snapshot holds as `info` and
 * as a part. Members marked as ours are additions that they ignore. Times are milliseconds since 1970.
 */
export interface UserMessage {
  id: string;
  sessionID: string;
  role: "user";
  time: { created: number };
  agent: string;
}

export interface AssistantMessage {
  id: string;
  sessionID: string;
  role: "assistant";
  time: { created: number; completed?: number };
  /** The prompt that it answers. */
  parentID: string;
  agent: string;
  modelID?: string;
  /** US dollars of this turn. */
  cost: number;
  tokens: {
    input: number;
    output: number;
    reasoning: number;
    cache: { read: number; write: number };
  };
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
  time: { start: number; end?: number };
}

export interface FilePart extends PartBase {
  type: "file";
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

/** Ours: the agent's list of things to do, replaced in place. One per turn. */
export interface PlanPart extends PartBase {
  type: "plan";
  entries: { content: string; status: string; priority: string }[];
}

/** Ours: something the agent wants people to know. */
export interface NoticePart extends PartBase {
  type: "notice";
  severity: string;
  title: string;
  description: string | null;
}

/** The agent shortened its own context. */
export interface CompactionPart extends PartBase {
  type: "compaction";
  auto: true;
  compactionId: string;
  status: string;
  /** Ours. */
  summary: string;
}

/** Ours: an update of a kind that we do not know, verbatim. */
export interface UpdatePart extends PartBase {
  type: "update";
  kind: string;
  data: Record<string, unknown>;
}

export type Part =
  | TextPart
  | FilePart
  | ToolPart
  | PlanPart
  | NoticePart
  | CompactionPart
  | UpdatePart;
