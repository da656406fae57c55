/** Whether what an agent asks leave for is allowed at once, or a person is asked. */
export const permissionModes = ["allow", "ask"] as const;
export type PermissionMode = (typeof permissionModes)[number];

/** A way to answer a request for leave, in the agent's words. */
export interface RequestOption {
  optionId: string;
  name: string;
  /** `allow_once`, `allow_always`, `reject_once`, `reject_always`, or a word that we do not know. */
  kind: string;
}

/** Kinds of text that an agent may want. */
export const textFormats = ["email", "uri", "date", "date-time"] as const;

/** One thing to fill in. Bounds and the rest are named as in JSON Schema, and left out where the agent sets none. */
export interface RequestField {
  name: string;
  title: string | null;
  description: string | null;
  /** `choice` is one of `options`, `choices` any of them. */
  type: "text" | "number" | "integer" | "boolean" | "choice" | "choices";
  options: { value: string; title: string }[];
  isRequired: boolean;
  /** What is filled in to begin with. */
  default?: RequestContent[string];
  /** Of a number. */
  minimum?: number;
  maximum?: number;
  /** Characters of a text. */
  minLength?: number;
  maxLength?: number;
  /** A regular expression that is found in the text. */
  pattern?: string;
  format?: (typeof textFormats)[number];
  /** How many of `options`. */
  minItems?: number;
  maxItems?: number;
}

/** What a person answers a question with, by the names of its fields. */
export type RequestContent = Record<string, string | number | boolean | string[]>;

/** An option, or what was filled in; null for a question that a person does not want to answer. */
export type AgentRequestAnswer = { optionId: string } | { content: RequestContent | null };

/** Something that an agent asked and waits for. */
export interface AgentRequest {
  requestId: string;
  kind: "permission" | "question";
  /** `execute`, `edit`, …; null where the agent does not say. */
  toolKind: string | null;
  title: string;
  /** What the tool would be given: a command, a path …; the beginning of it where it is long. */
  summary: string | null;
  /** Of a permission; at least one. */
  options: RequestOption[];
  /** Of a question. */
  fields: RequestField[];
  /** Whether the same can be allowed from now on: not where the agent does not say what the tool would be given. */
  canAllowAlways: boolean;
  createdAt: string;
}

/** What a person always allows in a session. */
export interface PermissionRule {
  ruleKey: string;
  toolKind: string | null;
  title: string;
  summary: string | null;
  createdAt: string;
}
