import { setTimeout as delay } from "node:timers/promises";
import type { Upload } from "#lib/upload.ts";
import { countItems } from "./count-items.ts";
import type { ServerClient } from "./server-client.ts";
import type { Terminal } from "./terminal.ts";

const POLL_MS = 500;

export const isEnded = ({ state }: Upload) => state === "done" || state === "failed";

/** The upload as soon as the server is through with it; throws `CommandError` when the server stays away. */
export async function waitForEnd(
  client: Pick<ServerClient, "readUpload">,
  uploadId: string,
  { progress }: Pick<Terminal, "progress">,
): Promise<Upload> {
  for (;;) {
    const upload = await client.readUpload(uploadId);
    if (isEnded(upload)) return upload;
    const count = upload.stored + upload.unchanged;
    progress(`The server has it; ${countItems(count)} stored so far`);
    await delay(POLL_MS);
  }
}
