import type { IncomingMessage, ServerResponse } from "node:http";
import { isDevelopment } from "#server/env.ts";
import type { Services } from "#server/services.ts";
import { openShare } from "#server/shares/open-share.ts";
import { shareDeskOf } from "#server/shares/share-desk.ts";
import { setPageHeaders, setShareHeaders } from "./security-headers.ts";

const SHARE_PAGE = /^\/share\/([^/]{1,200})$/;

/**
 * Sets the headers of a share's page, which other sites may embed when its owner allowed that, and counts who opens it.
 * False for other pages.
 */
export async function prepareSharePage(
  services: Services,
  {
    request,
    response,
    pathname,
  }: { request: IncomingMessage; response: ServerResponse; pathname: string },
): Promise<boolean> {
  const token = SHARE_PAGE.exec(pathname)?.[1];
  if (token === undefined) return false;
  const share = await openShare(services.database, { token, cookieHeader: request.headers.cookie });
  const canEmbed = share?.allowsEmbed ?? false;
  setPageHeaders(request, response, { isDevelopment: isDevelopment(), canEmbed });
  setShareHeaders(response);
  const isWholePage = request.method === "GET" && request.headers["rsc"] === undefined;
  if (share !== null && isWholePage) shareDeskOf(services).views.note(share.shareId);
  return true;
}
