import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { delayScripts } from "./delay-scripts.ts";
import { awaitHead } from "./early-head.ts";
import { rewritePage } from "./rewrite-page.ts";

type Handle = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/**
 * Answers pages that people wait for to read something: their head goes out as soon as the page knows that it is there,
 * so that the browser makes itself ready and fetches the fonts while the rest is rendered, and what follows needs
 * nothing else to be drawn.
 */
export function createReadingPages(
  handle: Handle,
  styles: ReadonlyMap<string, string>,
): { handle: Handle } {
  // What the last page asked for ahead: the next one will, too. Wrong, it costs somebody a request.
  let link: string | null = null;
  const headers = (): OutgoingHttpHeaders => ({
    "content-type": "text/html; charset=utf-8",
    "cache-control": "private, no-cache, no-store, max-age=0, must-revalidate",
    ...(link !== null && { link }),
  });
  return {
    async handle(request, response) {
      const { held, sendHead } = rewritePage(request, response, {
        headers,
        rewrite(html) {
          link = withoutStyles(held.getHeader("link"));
          if (link === null) held.removeHeader("link");
          else held.setHeader("link", link);
          return delayScripts(html, styles);
        },
      });
      const forget = awaitHead(String(request.headers["x-nonce"]), sendHead);
      response.once("close", forget);
      await handle(request, held);
    },
  };
}

/** Styles stand in the page. The nonce is one page's own, and fonts need none. */
function withoutStyles(link: ReturnType<ServerResponse["getHeader"]>): string | null {
  const links = String(link ?? "")
    .split(/, (?=<)/)
    .filter((each) => each !== "" && !each.includes('as="style"'))
    .map((each) => each.replace(/ nonce="[^"]*";?/, ""));
  return links.length === 0 ? null : links.join(", ");
}
