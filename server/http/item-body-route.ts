import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { AppError } from "#lib/errors.ts";
import { requireSession } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import { openItemBody } from "#server/items/open-item-body.ts";
import type { Services } from "#server/services.ts";

export const ITEM_BODY_PATH = /^\/api\/v1\/sessions\/([^/]+)\/items\/(\d{1,15})\/body$/;

/** `GET /api/v1/sessions/:id/items/:seq/body`: one item's whole body, byte for byte as it was received. */
export async function handleItemBody(
  { database, blobs }: Pick<Services, "database" | "blobs">,
  {
    pathname,
    response,
    viewer,
  }: { pathname: string; response: ServerResponse; viewer: Viewer | null },
): Promise<void> {
  if (!viewer) throw new AppError("unauthorized", "Sign in first");
  const [, sessionId = "", seq = ""] = ITEM_BODY_PATH.exec(pathname) ?? [];
  const session = await requireSession(database, viewer, { sessionId, action: "read" });
  const body = await openItemBody({ database, blobs }, { ...session, seq: Number(seq) });
  response.writeHead(200, {
    "content-type": "application/json; charset=utf-8",
    "content-length": body.byteSize,
    // The position changes with every change of the item.
    "cache-control": "private, max-age=31536000, immutable",
  });
  await pipeline(body.stream, response);
}
