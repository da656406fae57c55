import { exportFormats, exportRefs, type ExportFormat, type ExportRefs } from "#lib/export.ts";
import { isSessionId } from "#lib/ids.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";

export interface ExportCommand {
  name: "export";
  sessionId: string;
  server: string | null;
  token: string | null;
  format: ExportFormat;
  refs: ExportRefs;
  /** A position, as an export's end names it. */
  since: string | null;
  /** A file, a folder, or `-` for standard output; null for the name that the server gives it. */
  output: string | null;
  /** Replaces a file that is there. */
  isForced: boolean;
}

interface ExportValues {
  server?: string | undefined;
  token?: string | undefined;
  format?: string | undefined;
  refs?: string | undefined;
  since?: string | undefined;
  output?: string | undefined;
  force: boolean;
}

/** Throws `CommandError` with what is wrong. */
export function readExport(values: ExportValues, [named, ...more]: string[]): ExportCommand {
  if (named === undefined || more.length > 0)
    throw wrong("Name one session, by its id or its link");
  // A link ends with the id, and perhaps a place in the session.
  const sessionId =
    named
      .replace(/[?#].*$/, "")
      .split("/")
      .at(-1) ?? "";
  if (!isSessionId(sessionId))
    throw wrong(`"${named}" is neither the id nor the link of a session`);
  const { since = null, output = null } = values;
  if (since !== null && !/^(?:\d{1,9}\.)?\d{1,15}$/.test(since))
    throw wrong("--since is a position, or a generation, a dot and a position");
  if (output === "") throw wrong("--output is the path of a file, or - for standard output");
  return {
    name: "export",
    sessionId,
    server: values.server ?? null,
    token: values.token ?? null,
    format: oneOf("--format", exportFormats, values.format ?? "json"),
    refs: oneOf("--refs", exportRefs, values.refs ?? "inline"),
    since,
    output,
    isForced: values.force,
  };
}

function oneOf<Word extends string>(option: string, words: readonly Word[], text: string): Word {
  const word = words.find((known) => known === text);
  if (word === undefined) throw wrong(`${option} is one of ${words.join(", ")}`);
  return word;
}

const wrong = (message: string) =>
  new CommandError(exitCodes.usage, `${message}. \`millrace help\` tells more.`);
