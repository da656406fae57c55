import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { findProgram } from "#server/sandboxes/find-program.ts";

/** Where it is missing, tests that need it are skipped: install the package git-lfs. */
export const hasGitLfs = (await findProgram("git-lfs", process.env["PATH"] ?? "")) !== null;

/** A Git LFS server as `answerBesides` of a git server: batch API with basic transfers, objects in memory. */
export interface LfsServer {
  objects: Map<string, Buffer>;
  /** `download <oid>`, `upload <oid>`, `verify <oid>`, in order. */
  transfers: string[];
  /** Sends these bytes for every object. */
  lieWith(bytes: Buffer | null): void;
  /** Says that objects are at this address; null for its own. */
  pointTo(href: string | null): void;
  answer(request: IncomingMessage, response: ServerResponse): Promise<boolean>;
}

const PATH = /^(\/.*\/info\/lfs)\/(objects\/batch|objects\/([0-9a-f]{64})|verify)$/;
/** What an object's address wants besides, as signed addresses do. */
const TICKET = "a-ticket";

/** As git has a file that is in Git LFS. */
export function lfsPointer(content: string | Buffer): { oid: string; text: string } {
  const bytes = Buffer.from(content);
  const oid = createHash("sha256").update(bytes).digest("hex");
  const lines = ["version https://git-lfs.github.com/spec/v1", `oid sha256:${oid}`];
  return { oid, text: `${[...lines, `size ${bytes.length}`].join("\n")}\n` };
}

interface Asked {
  operation: "download" | "upload";
  objects: { oid: string; size: number }[];
}

export function createLfsServer(): LfsServer {
  const objects = new Map<string, Buffer>();
  const transfers: string[] = [];
  let lie: Buffer | null = null;
  let elsewhere: string | null = null;

  const tellObject = (base: string, operation: Asked["operation"], oid: string) => {
    const header = { "X-Ticket": TICKET };
    const place = { href: elsewhere ?? `${base}/objects/${oid}`, header };
    if (operation === "download") {
      const error = { code: 404, message: "Object does not exist" };
      return objects.has(oid) ? { actions: { download: place } } : { error };
    }
    const verify = { href: `${base}/verify`, header };
    return objects.has(oid) ? {} : { actions: { upload: place, verify } };
  };

  return {
    objects,
    transfers,
    lieWith: (bytes) => (lie = bytes),
    pointTo: (href) => (elsewhere = href),
    async answer(request, response) {
      const [, root = "", kind = "", oid = ""] = PATH.exec(request.url ?? "") ?? [];
      if (kind === "") return false;
      const json = async () => JSON.parse((await buffer(request)).toString()) as unknown;
      const end = (status: number, body?: unknown) => {
        const type = { "content-type": "application/vnd.git-lfs+json" };
        response.writeHead(status, type).end(body && JSON.stringify(body));
        return true;
      };
      if (kind === "objects/batch") {
        const { operation, objects: asked } = (await json()) as Asked;
        const base = `http://${request.headers.host}${root}`;
        const told = asked.map((one) => ({ ...one, ...tellObject(base, operation, one.oid) }));
        return end(200, { transfer: "basic", objects: told });
      }
      if (request.headers["x-ticket"] !== TICKET) return end(403);
      if (kind === "verify") {
        const { oid: told, size } = (await json()) as Asked["objects"][number];
        transfers.push(`verify ${told}`);
        return end(objects.get(told)?.length === size ? 200 : 404);
      }
      transfers.push(`${request.method === "PUT" ? "upload" : "download"} ${oid}`);
      if (request.method === "PUT") {
        objects.set(oid, await buffer(request));
        return end(200);
      }
      const bytes = lie ?? objects.get(oid);
      response.writeHead(bytes ? 200 : 404).end(bytes);
      return true;
    },
  };
}
