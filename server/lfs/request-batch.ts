import { z } from "zod";
import { LFS_ANSWER_MAX_BYTES } from "#lib/limits.ts";
import type { LfsOperation } from "./find-lfs-endpoint.ts";
import type { LfsPointer } from "./parse-pointer.ts";
import type { Way } from "./own-server.ts";
import { type LfsAccess, readHeaders, sendToLfs, strange } from "./send-to-lfs.ts";

const MEDIA_TYPE = "application/vnd.git-lfs+json";

const action = z.object({
  href: z.string(),
  header: z.record(z.string(), z.string()).nullish(),
});

const answer = z.object({
  transfer: z.string().nullish(),
  objects: z.array(
    z.object({
      oid: z.string(),
      actions: z
        .object({
          download: action.nullish(),
          upload: action.nullish(),
          verify: action.nullish(),
        })
        .nullish(),
      error: z.object({ code: z.number() }).nullish(),
    }),
  ),
});

export interface LfsAction {
  href: string;
  headers: Record<string, string>;
  /** To the server that says so. */
  way: Way;
}

/** What the server says to one object; without actions there is nothing to do, or, to download, nothing there. */
export interface BatchObject {
  download: LfsAction | null;
  upload: LfsAction | null;
  verify: LfsAction | null;
  /** As HTTP has them; null for none. */
  errorStatus: number | null;
}

interface BatchRequest {
  endpoint: string;
  operation: LfsOperation;
  objects: readonly LfsPointer[];
}

/**
 * Asks what to do with objects, by git-lfs's docs/api/batch.md with the transfer `basic`. Answers by the ids that were
 * asked for; all else that the server says is left out.
 */
export async function requestBatch(
  access: LfsAccess,
  { endpoint, operation, objects }: BatchRequest,
): Promise<Map<string, BatchObject>> {
  const body = JSON.stringify({
    operation,
    transfers: ["basic"],
    objects: objects.map(({ oid, size }) => ({ oid, size })),
    hash_algo: "sha256",
  });
  const { response, way } = await sendToLfs(access, `${endpoint}/objects/batch`, {
    way: [],
    method: "POST",
    headers: { accept: MEDIA_TYPE, "content-type": MEDIA_TYPE },
    openBody: () => body,
  });
  const { transfer, objects: told } = parseAnswer(await readBody(response));
  if (transfer != null && transfer !== "basic") throw strange();
  const asked = new Set(objects.map(({ oid }) => oid));
  return new Map(
    told
      .filter(({ oid }) => asked.has(oid))
      .map(({ oid, actions, error }) => [
        oid,
        {
          download: readAction(actions?.download, way),
          upload: readAction(actions?.upload, way),
          verify: readAction(actions?.verify, way),
          errorStatus: error?.code ?? null,
        },
      ]),
  );
}

/** Tells the server that an object was uploaded, where it wants to be told. */
export async function verifyUpload(
  access: LfsAccess,
  { href, headers, way }: LfsAction,
  { oid, size }: LfsPointer,
): Promise<void> {
  const { response } = await sendToLfs(access, href, {
    way,
    method: "POST",
    headers: { accept: MEDIA_TYPE, "content-type": MEDIA_TYPE, ...headers },
    openBody: () => JSON.stringify({ oid, size }),
  });
  response.destroy();
}

const readAction = (told: z.infer<typeof action> | null | undefined, way: Way): LfsAction | null =>
  told ? { href: told.href, headers: readHeaders(told.header ?? {}), way } : null;

function parseAnswer(text: string): z.infer<typeof answer> {
  try {
    return answer.parse(JSON.parse(text));
  } catch (cause) {
    throw strange(cause);
  }
}

async function readBody(response: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += chunk.length;
    if (bytes > LFS_ANSWER_MAX_BYTES) throw strange();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes).toString("utf8");
}
