import { readdir, readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { chooseCompression, gzip as gzipCoding } from "./compress-response.ts";

const PREFIX = "/_next/static/";
const BEST_GZIP_LEVEL = 9;
const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".js": "application/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};
/** Compressed by itself. */
const packedTypes: ReadonlySet<string> = new Set([".woff2"]);
const compress = promisify(gzip);

interface BuildFile {
  type: string;
  /** Null where it would not be smaller. */
  packed: Buffer | null;
  plain: Buffer;
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  pathname: string;
}

/** Answers a request for a file of the build and says so; false for everything else, which Next.js answers. */
export type AnswerBuildFile = (exchange: Exchange) => Promise<boolean>;

/**
 * Scripts, styles and fonts of a build, from memory and compressed once. A page asks for some twenty of them at the same
 * moment, and Next.js takes longer to find and compress each than to render the page, in the same process. Their names
 * hold a hash of what is in them, so none changes; what a build has is listed once, so a path can name nothing else.
 */
export async function createBuildFiles(projectRoot: string): Promise<AnswerBuildFile> {
  const folder = join(projectRoot, ".next/static");
  const names = new Set(await listFiles(folder));
  const files = new Map<string, Promise<BuildFile>>();
  const load = (name: string) => {
    const known = files.get(name);
    if (known) return known;
    const file = readBuildFile(join(folder, name));
    files.set(name, file);
    // What could not be read this time is read anew by the next request.
    file.catch(() => files.delete(name));
    return file;
  };
  return async ({ request, response, pathname }) => {
    const name = pathname.startsWith(PREFIX) ? pathname.slice(PREFIX.length) : "";
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (!names.has(name) || !isRead || request.headers.range !== undefined) return false;
    send(await load(name), { request, response });
    return true;
  };
}

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  });
  return entries.filter((name) => extname(name) in types);
}

async function readBuildFile(path: string): Promise<BuildFile> {
  const extension = extname(path);
  const plain = await readFile(path);
  const packed = packedTypes.has(extension)
    ? null
    : await compress(plain, { level: BEST_GZIP_LEVEL });
  return { type: types[extension] ?? "", plain, packed };
}

function send(
  { type, packed, plain }: BuildFile,
  { request, response }: Omit<Exchange, "pathname">,
): void {
  const coding = chooseCompression(request.headers["accept-encoding"], [gzipCoding]);
  const body = (coding && packed) ?? plain;
  if (body === packed) response.setHeader("content-encoding", gzipCoding.encoding);
  response.setHeader("vary", "accept-encoding");
  response.setHeader("content-type", type);
  response.setHeader("content-length", body.byteLength);
  response.setHeader("cache-control", "public, max-age=31536000, immutable");
  response.end(request.method === "HEAD" ? undefined : body);
}
