import { isRecord } from "#lib/is-record.ts";

const nameByKind: ReadonlyMap<string, string> = new Map(
  Object.entries({
    read: "read",
    edit: "edit",
    delete: "delete",
    move: "move",
    search: "search",
    execute: "bash",
    think: "think",
    fetch: "webfetch",
    switch_mode: "mode",
  }),
);

const nameByAlias: ReadonlyMap<string, string> = new Map(
  Object.entries({
    shell: "bash",
    run_shell_command: "bash",
    exec_command: "bash",
    local_shell: "bash",
    read_file: "read",
    read_many_files: "read",
    write_file: "write",
    replace: "edit",
    multiedit: "edit",
    apply_patch: "edit",
    str_replace: "edit",
    web_fetch: "webfetch",
    todo_write: "todowrite",
  }),
);

interface ToolNameSource {
  name?: unknown;
  kind?: unknown;
  title?: unknown;
  _meta?: unknown;
  /** What the call changes, where that is known. */
  createsFile?: boolean;
}

/**
 * One short name for what a tool does, so that pages can choose an icon and a verb whatever the agent calls it. The
 * agent's own name wins (its field, its `_meta`, a title that is a bare word), then the kind.
 */
export function toolName(source: ToolNameSource): string {
  const own = findOwnName(source);
  if (own !== null) return nameByAlias.get(own) ?? own;
  if (source.kind === "edit" && source.createsFile) return "write";
  return (typeof source.kind === "string" && nameByKind.get(source.kind)) || "tool";
}

function findOwnName({ name, title, kind, _meta }: ToolNameSource): string | null {
  if (isToolName(name)) return name.toLowerCase();
  for (const [key, value] of Object.entries(isRecord(_meta) ? _meta : {})) {
    if (/^tool_?name$/i.test(key) && isToolName(value)) return value.toLowerCase();
    if (isRecord(value) && isToolName(value["toolName"])) return value["toolName"].toLowerCase();
  }
  const word = isToolName(title) ? title.toLowerCase() : null;
  // A title may be any word, such as a file's name: only names that are known count, unless nothing else is there.
  const isKnown = word !== null && (word in nameByAlias || knownNames.has(word));
  return isKnown || (word !== null && (kind === undefined || kind === "other")) ? word : null;
}

const knownNames = new Set([
  ...Object.values(nameByKind),
  ...Object.values(nameByAlias),
  "write",
  "glob",
  "grep",
  "list",
  "task",
  "todoread",
  "patch",
  "websearch",
]);

function isToolName(value: unknown): value is string {
  return typeof value === "string" && /^[A-Za-z][\w.-]{0,63}$/.test(value);
}
