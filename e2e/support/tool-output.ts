import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import type { Page } from "@playwright/test";

export interface ToolOutput {
  write(text: string): void;
  /** Resolves with the status of the answer, which comes when all is stored. */
  end(): Promise<number>;
}

/** Sends an output as a tool does that makes it meanwhile, with the rights of whoever is signed in. */
export async function openToolOutput(page: Page, path: string, mime: string): Promise<ToolOutput> {
  const url = new URL(`${new URL(page.url()).origin}/api/v1/sessions/${path}`);
  const cookies = await page.context().cookies(url.origin);
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  const sending = request(url, { method: "PUT", headers: { cookie, "content-type": mime } });
  const answered = once(sending, "response");
  return {
    write: (piece) => void sending.write(piece),
    async end() {
      sending.end();
      const [response] = (await answered) as [IncomingMessage];
      await text(response);
      return response.statusCode ?? 0;
    },
  };
}
