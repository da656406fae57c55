/** What a row of a table may say of a session to start. */
export const startFields = ["prompt", "repository", "branch", "agent", "profile"] as const;

export type StartField = (typeof startFields)[number];

/** Which column of a table says it; null where none does. */
export type Columns = Readonly<Record<StartField, number | null>>;

/** How people head such columns, in small letters and without what is between them. */
const headings: Record<StartField, readonly string[]> = {
  prompt: ["prompt", "prompts", "task", "instruction", "instructions", "message", "text"],
  repository: ["repository", "repositories", "repo", "repos", "giturl", "url", "project"],
  branch: ["branch", "ref", "basebranch"],
  agent: ["agent", "agentid"],
  profile: ["profile", "environment"],
};

/** Finds columns by their headings; of several that would do the first. */
export function guessColumns(header: readonly string[]): Columns {
  const names = header.map((name) => name.toLowerCase().replace(/[^a-z]/g, ""));
  const find = (field: StartField) => {
    for (const heading of headings[field]) {
      const column = names.indexOf(heading);
      if (column !== -1) return column;
    }
    return null;
  };
  return {
    prompt: find("prompt"),
    repository: find("repository"),
    branch: find("branch"),
    agent: find("agent"),
    profile: find("profile"),
  };
}
