import { readMcpServers, writeMcpServers } from "./mcp-text.ts";
import type { ProfileInput, ProfileSummary } from "./profile-summary.ts";

/** What a person has typed into the form of an environment. */
export interface ProfileDraft {
  name: string;
  repository: string;
  isDefault: boolean;
  submodules: boolean;
  lfs: boolean;
  /** `NAME=value`, one a line. */
  variables: string;
  /** One a line. */
  setupCommands: string;
  /** Empty: whoever starts decides. */
  agent: string;
  model: string;
  /** JSON, see `readMcpServers`. */
  mcpServers: string;
  /** One a line. */
  allowedHosts: string;
  memoryGb: string;
  processes: string;
  branchPattern: string;
  authorName: string;
  authorEmail: string;
}

const GB = 1024 ** 3;

export const emptyProfile: ProfileDraft = {
  name: "",
  repository: "",
  isDefault: false,
  submodules: false,
  lfs: false,
  variables: "",
  setupCommands: "",
  agent: "",
  model: "",
  mcpServers: "",
  allowedHosts: "",
  memoryGb: "",
  processes: "",
  branchPattern: "",
  authorName: "",
  authorEmail: "",
};

export function draftOf({ name, repository, isDefault, settings }: ProfileSummary): ProfileDraft {
  const { author, memoryMaxBytes, processesMax } = settings;
  return {
    name,
    repository: showPattern(repository),
    isDefault,
    submodules: settings.submodules ?? false,
    lfs: settings.lfs ?? false,
    variables: Object.entries(settings.variables)
      .map(([key, value]) => `${key}=${value}`)
      .join("\n"),
    setupCommands: settings.setupCommands.join("\n"),
    agent: settings.agent ?? "",
    model: settings.model ?? "",
    mcpServers: writeMcpServers(settings.mcpServers),
    allowedHosts: settings.allowedHosts.join("\n"),
    memoryGb: memoryMaxBytes === null ? "" : String(memoryMaxBytes / GB),
    processes: processesMax === null ? "" : String(processesMax),
    branchPattern: settings.branchPattern ?? "",
    authorName: author?.name ?? "",
    authorEmail: author?.email ?? "",
  };
}

const ON_GITHUB = /^https:\/\/github\.com\/(?=[a-z0-9*-]+\/[a-z0-9._*-]+$)/i;

/** As people write it: `owner/*` for what is on GitHub, a path without its scheme. The server reads it as the same. */
export const showPattern = (pattern: string) =>
  pattern.replace(ON_GITHUB, "").replace(/^file:\/\//, "");

export type ProfileErrors = Partial<Record<keyof ProfileDraft | "", string>>;

/** What the server takes, or what is wrong by the fields' names. */
export function readProfile(
  draft: ProfileDraft,
): { input: ProfileInput; errors: null } | { input: null; errors: ProfileErrors } {
  const errors: ProfileErrors = {};
  const attempt = <Value>(field: keyof ProfileDraft, read: () => Value): Value | undefined => {
    try {
      return read();
    } catch (error) {
      errors[field] = (error as Error).message;
      return undefined;
    }
  };
  if (draft.name.trim() === "") errors.name = "Give the environment a name.";
  const { authorName, authorEmail } = draft;
  if ((authorName.trim() === "") !== (authorEmail.trim() === ""))
    errors.authorEmail = "An author has a name and an address.";
  const variables = attempt("variables", () => readVariables(draft.variables));
  const mcpServers = attempt("mcpServers", () => readMcpServers(draft.mcpServers));
  const memoryGb = attempt("memoryGb", () => readNumber(draft.memoryGb));
  const processes = attempt("processes", () => readNumber(draft.processes));
  if (Object.keys(errors).length > 0) return { input: null, errors };
  const settings = {
    variables,
    setupCommands: linesOf(draft.setupCommands),
    agent: draft.agent || null,
    model: draft.model.trim() || null,
    mcpServers,
    allowedHosts: linesOf(draft.allowedHosts),
    memoryMaxBytes: memoryGb == null ? null : Math.round(memoryGb * GB),
    processesMax: processes ?? null,
    branchPattern: draft.branchPattern.trim() || null,
    author: authorName.trim() ? { name: authorName.trim(), email: authorEmail.trim() } : null,
    submodules: draft.submodules,
    lfs: draft.lfs,
  };
  const { name, repository, isDefault } = draft;
  return { input: { name: name.trim(), repository, isDefault, settings }, errors: null };
}

const linesOf = (text: string) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

function readVariables(text: string): Record<string, string> {
  const entries = linesOf(text).map((line) => {
    const end = line.indexOf("=");
    if (end < 1) throw new Error(`Write NAME=value, one a line. "${line.slice(0, 40)}" is not.`);
    return [line.slice(0, end).trim(), line.slice(end + 1)] as const;
  });
  return Object.fromEntries(entries);
}

function readNumber(text: string): number | null {
  if (text.trim() === "") return null;
  const value = Number(text);
  if (!(value > 0)) throw new Error("Write a number above 0, or nothing.");
  return value;
}

/** The field of the form that the server's refusal is about. */
export function fieldOf(path: string | null): keyof ProfileDraft | "" {
  const name = (path ?? "").replace(/^settings\./, "").split(".")[0] ?? "";
  const renamed: Record<string, keyof ProfileDraft> = {
    memoryMaxBytes: "memoryGb",
    processesMax: "processes",
    author: "authorEmail",
  };
  const field = renamed[name] ?? name;
  return field in emptyProfile ? (field as keyof ProfileDraft) : "";
}
