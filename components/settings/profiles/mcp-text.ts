import { isRecord } from "#lib/is-record.ts";
import type { McpServer } from "#lib/profile.ts";

/** What the programs that people paste from write: names, each with a command or an address. */
export function writeMcpServers(servers: readonly McpServer[]): string {
  if (servers.length === 0) return "";
  const entries = servers.map((server) => {
    if (server.type === "http") return [server.name, { url: server.url, headers: server.headers }];
    const { name, command, args, environment } = server;
    return [name, { command, args, env: environment }];
  });
  return JSON.stringify(Object.fromEntries(entries), null, 2);
}

/** Reads that, with or without `mcpServers` around it; throws with what is wrong, in words for whoever wrote it. */
export function readMcpServers(text: string): McpServer[] {
  if (text.trim() === "") return [];
  const value = parse(text);
  const servers = isRecord(value) && isRecord(value["mcpServers"]) ? value["mcpServers"] : value;
  if (!isRecord(servers)) throw new Error("Write an object with a name for each server.");
  return Object.entries(servers).map(([name, server]) => readServer(name, server));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error("This is not JSON.", { cause });
  }
}

function readServer(name: string, server: unknown): McpServer {
  if (!isRecord(server)) throw new Error(`The server "${name}" is not an object.`);
  const { command, args = [], env = {}, url, headers = {} } = server;
  if (typeof url === "string")
    return { type: "http", name, url, headers: readTexts(headers, `The headers of "${name}"`) };
  if (typeof command !== "string")
    throw new Error(`The server "${name}" has neither a command nor a url.`);
  if (!Array.isArray(args) || !args.every((each) => typeof each === "string"))
    throw new Error(`The args of "${name}" are a list of texts.`);
  const environment = readTexts(env, `The env of "${name}"`);
  return { type: "stdio", name, command, args, environment };
}

function readTexts(value: unknown, what: string): Record<string, string> {
  if (!isRecord(value) || !Object.values(value).every((each) => typeof each === "string"))
    throw new Error(`${what} are names with texts.`);
  return value as Record<string, string>;
}
