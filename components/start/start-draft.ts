import type { PermissionMode } from "#lib/agent-request.ts";
import { isRecord } from "#lib/is-record.ts";
import { readList, readText } from "#lib/json.ts";

export interface EnvironmentRow {
  name: string;
  value: string;
}

/** What a person has typed into the start form. */
export interface StartDraft {
  prompt: string;
  repository: string;
  branch: string;
  /** Null: the machine's default one. */
  agentId: string | null;
  /** One command per line. */
  setupCommands: string;
  environment: readonly EnvironmentRow[];
  /** What becomes of the agent's requests for leave. */
  permissions: PermissionMode;
  /** Name of an environment; empty for the repository's default one, null for none. */
  profile: string | null;
}

export const emptyDraft: StartDraft = {
  prompt: "",
  repository: "",
  branch: "",
  agentId: null,
  setupCommands: "",
  environment: [],
  permissions: "allow",
  profile: "",
};

type SearchParameters = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The draft that a link such as `/?repo=…&prompt=…` asks for; null when it asks for none. */
export function draftFromLink(parameters: SearchParameters): StartDraft | null {
  const read = (name: string) => {
    const value = parameters[name];
    return (typeof value === "string" ? value : value?.[0])?.trim() ?? "";
  };
  const draft = {
    ...emptyDraft,
    prompt: read("prompt"),
    repository: read("repo"),
    branch: read("branch"),
    agentId: read("agent") || null,
  };
  return draft.prompt || draft.repository ? draft : null;
}

/** What `session.start` takes; the members that were left empty are left out. */
export function toStartInput(draft: StartDraft) {
  const setupCommands = draft.setupCommands
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const variables = draft.environment.filter(({ name }) => name.trim() !== "");
  return {
    prompt: draft.prompt.trim(),
    repository: draft.repository.trim(),
    ...(draft.branch.trim() !== "" && { branch: draft.branch.trim() }),
    ...(draft.agentId !== null && { agent: draft.agentId }),
    ...(draft.profile !== "" && { profile: draft.profile }),
    ...(setupCommands.length > 0 && { setupCommands }),
    ...(draft.permissions === "ask" && { permissions: draft.permissions }),
    ...(variables.length > 0 && {
      environment: Object.fromEntries(variables.map(({ name, value }) => [name.trim(), value])),
    }),
  };
}

/** Text for the browser's store. Values of variables are left out: they are often secrets. */
export function storeDraft(draft: StartDraft): string {
  const environment = draft.environment.map(({ name }) => ({ name, value: "" }));
  return JSON.stringify({ ...draft, environment });
}

/** Reads what `storeDraft` wrote; null when there is nothing or something else. */
export function restoreDraft(stored: string | null): StartDraft | null {
  if (stored === null) return null;
  try {
    const value: unknown = JSON.parse(stored);
    if (!isRecord(value)) return null;
    return {
      prompt: readText(value, "prompt") ?? "",
      repository: readText(value, "repository") ?? "",
      branch: readText(value, "branch") ?? "",
      agentId: readText(value, "agentId"),
      setupCommands: readText(value, "setupCommands") ?? "",
      profile: value["profile"] === null ? null : (readText(value, "profile") ?? ""),
      permissions: readText(value, "permissions") === "ask" ? "ask" : "allow",
      environment: readList(value, "environment").map((row) => ({
        name: readText(row, "name") ?? "",
        value: readText(row, "value") ?? "",
      })),
    };
  } catch {
    return null;
  }
}
