import { AppError } from "#lib/errors.ts";
import { type McpServer, REFERENCE } from "#lib/profile.ts";

interface NamedValue {
  name: string;
  value: string;
}

/** As ACP takes it in `session/new`. */
export type AgentMcpServer =
  | { name: string; command: string; args: string[]; env: NamedValue[] }
  | { type: "http"; name: string; url: string; headers: NamedValue[] };

/** Puts the values in for `${NAME}`. Throws `invalid_input` for one of several lines where there is room for one. */
export function fillMcpServer(
  server: McpServer,
  values: Readonly<Record<string, string>>,
): AgentMcpServer {
  const fill = (text: string) =>
    text.replace(REFERENCE, (reference, name: string) => values[name] ?? reference);
  const fillAll = (texts: Record<string, string>) =>
    Object.entries(texts).map(([name, text]) => ({ name, value: fill(text) }));
  if (server.type === "stdio") {
    const { name, command, args, environment } = server;
    return { name, command, args, env: fillAll(environment) };
  }
  const { name, url, headers } = server;
  const filled = { type: "http" as const, name, url: fill(url), headers: fillAll(headers) };
  const isBroken = [filled.url, ...filled.headers.map(({ value }) => value)].some((value) =>
    /[\r\n]/.test(value),
  );
  if (isBroken) {
    throw new AppError(
      "invalid_input",
      `A value that the MCP server "${name}" is given has several lines, which neither an address nor a header can hold`,
    );
  }
  return filled;
}
