/** What a tool does, as far as icon, verb and body go. */
export type ToolAction =
  | "execute"
  | "output"
  | "stop"
  | "read"
  | "look"
  | "write"
  | "edit"
  | "delete"
  | "move"
  | "search"
  | "find"
  | "list"
  | "inspect"
  | "fetch"
  | "lookup"
  | "delegate"
  | "todo"
  | "plan"
  | "mode"
  | "question"
  | "think"
  | "skill"
  | "remember"
  | "other";

interface ActionFacts {
  /** While it runs, and once it has ended. Null: the tool goes by its own name. */
  verbs: readonly [string, string] | null;
  /** Members of the input by how much they tell. */
  members: readonly string[];
  /** Names that agents give such tools, in lower case and without anything but letters and digits. */
  names: string;
}

const paths = [
  "filePath",
  "file_path",
  "path",
  "absolute_path",
  "absolutePath",
  "target_file",
  "notebook_path",
  "filename",
  "file",
];

/** Everything that is known of tools: OpenCode, Kilo, Claude Code, Codex, Gemini, Qwen, Copilot, Cursor, Cline, pi. */
const actions: Readonly<Record<ToolAction, ActionFacts>> = {
  execute: {
    verbs: ["Running", "Ran"],
    members: ["command", "cmd", "script", "code", "commands", "chars"],
    names:
      "bash shell localshell localshellcall execcommand exec containerexec unifiedexec runshellcommand runterminalcmd runterminalcommand runinterminal runcommand executecommand terminal powershell python writestdin writebash interactivebash",
  },
  output: {
    verbs: ["Reading output", "Read output"],
    members: ["bash_id", "task_id", "taskId", "shell_id", "id", "shellId"],
    names: "bashoutput taskoutput readbash readterminal getterminaloutput backgroundoutput",
  },
  stop: {
    verbs: ["Stopping", "Stopped"],
    members: ["shell_id", "task_id", "taskId", "bash_id", "id", "shellId"],
    names: "killbash killshell taskstop stopbash killterminal backgroundcancel",
  },
  read: {
    verbs: ["Reading", "Read"],
    members: [...paths, "paths", "uri"],
    names:
      "read readfile readmanyfiles readtextfile view viewfile cat openfile notebookread readmcpresource",
  },
  look: {
    verbs: ["Looking at", "Looked at"],
    members: [...paths, "url", "prompt"],
    names: "viewimage readimage screenshot takescreenshot browserscreenshot imagegen generateimage",
  },
  write: {
    verbs: ["Writing", "Wrote"],
    members: paths,
    names: "write writefile writetofile create createfile newfile savefile",
  },
  edit: {
    verbs: ["Editing", "Edited"],
    members: paths,
    names:
      "edit multiedit editfile fileedit replace replaceinfile strreplace strreplaceeditor strreplacebasededittool searchreplace searchandreplace applypatch patch applydiff notebookedit editnotebook insertcontent insertedit",
  },
  delete: {
    verbs: ["Deleting", "Deleted"],
    members: paths,
    names: "delete deletefile remove removefile rm",
  },
  move: {
    verbs: ["Moving", "Moved"],
    members: ["from", "source", "source_path", ...paths],
    names: "move movefile rename renamefile",
  },
  search: {
    verbs: ["Searching", "Searched"],
    members: ["pattern", "query", "regex", "glob", "path"],
    names:
      "search grep grepsearch ripgrep rg searchfiles searchfilecontent searchcode codesearch codebasesearch semanticsearch searchtext astgrep",
  },
  find: {
    verbs: ["Finding", "Found"],
    members: ["pattern", "glob_pattern", "glob", "query", "path"],
    names: "glob globsearch find findfiles filesearch searchbyname",
  },
  list: {
    verbs: ["Listing", "Listed"],
    members: ["path", "dirPath", "dir_path", "directory", "target_directory"],
    names: "list ls listdir listdirectory listfiles readfolder listmcpresources",
  },
  inspect: {
    verbs: ["Inspecting", "Inspected"],
    members: ["operation", "symbol", "query", ...paths],
    names: "lsp lsphover lspdiagnostics diagnostics getdiagnostics readlints geterrors",
  },
  fetch: {
    verbs: ["Fetching", "Fetched"],
    members: ["url", "urls", "uri", "prompt", "query"],
    names: "webfetch fetch fetchurl fetchwebpage openurl openpage browse readurl",
  },
  lookup: {
    verbs: ["Searching the web for", "Searched the web for"],
    members: ["query", "search_term", "q", "queries"],
    names: "websearch googlewebsearch searchweb webquery exasearch googlesearch",
  },
  delegate: {
    verbs: ["Delegating", "Delegated"],
    members: ["description", "objective", "task", "message", "prompt"],
    names:
      "task agent subagent delegate delegatetask subtask spawnagent newtask calltask codebaseinvestigator",
  },
  todo: {
    verbs: ["Updating the plan", "Updated the plan"],
    members: ["subject", "explanation"],
    names:
      "todowrite todoread todo updateplan writetodos readtodos managetodolist updatetodolist taskcreate taskupdate tasklist taskget plan",
  },
  plan: {
    verbs: ["Proposing a plan", "Proposed a plan"],
    members: ["title"],
    names: "exitplanmode planexit presentplan proposeplan createplan planmoderespond",
  },
  mode: {
    verbs: ["Changing mode", "Changed mode"],
    members: ["mode", "mode_slug", "agent", "reason"],
    names: "mode switchmode enterplanmode planenter setmode",
  },
  question: {
    verbs: ["Asking", "Asked"],
    members: ["question", "prompt", "title"],
    names: "askuserquestion askuser askfollowupquestion question requestuserinput suggest",
  },
  think: {
    verbs: ["Thinking", "Thought"],
    members: ["title", "thought", "intent", "strategic_intent", "summary", "description"],
    names: "think sequentialthinking reportintent updatetopic",
  },
  skill: {
    verbs: ["Loading skill", "Loaded skill"],
    members: ["skill", "name", "command"],
    names: "skill loadskill activateskill useskill slashcommand",
  },
  remember: {
    verbs: ["Remembering", "Remembered"],
    members: ["fact", "memory", "title", "content", ...paths],
    names: "savememory memory updatememory storememory remember",
  },
  other: {
    verbs: null,
    members: ["description", "command", ...paths, "query", "url", "name", "title", "id"],
    names: "",
  },
};

const byName: ReadonlyMap<string, ToolAction> = new Map(
  (Object.keys(actions) as ToolAction[]).flatMap((action) =>
    actions[action].names.split(" ").map((name) => [name, action] as const),
  ),
);

/** Kinds of the Agent Client Protocol. */
const byKind: Readonly<Record<string, ToolAction>> = {
  read: "read",
  edit: "edit",
  delete: "delete",
  move: "move",
  search: "search",
  execute: "execute",
  think: "think",
  fetch: "fetch",
  switch_mode: "mode",
};

/** The name that the agent gave it counts before the kind; `TodoWrite`, `todo_write` and `todowrite` are one name. */
export function toolAction(name: string, kind: string | null): ToolAction {
  const known = byName.get(name.toLowerCase().replaceAll(/[^a-z0-9]/g, ""));
  const ofKind = kind !== null && Object.hasOwn(byKind, kind) ? byKind[kind] : undefined;
  return known ?? ofKind ?? "other";
}

/** Members of the input that the card's line is taken from, the most telling one first. */
export const tellingMembers = (action: ToolAction): readonly string[] => actions[action].members;

/** `Running`, `Ran`; a tool that we do not know goes by its own name. */
export function toolVerb(
  action: ToolAction,
  { name, hasEnded }: { name: string; hasEnded: boolean },
): string {
  return actions[action].verbs?.[hasEnded ? 1 : 0] ?? toolLabel(name);
}

/** A tool of a server as both people and logs name it: `mcp__context7__get-docs` is `context7 · get-docs`. */
function toolLabel(name: string): string {
  const match = /^mcp__(.+?)__(.+)$/.exec(name);
  return match ? `${match[1]} · ${match[2]}` : name;
}
