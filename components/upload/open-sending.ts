import type { PreviousUpload } from "tus-js-client";
import { createSessionId } from "#lib/ids.ts";
import { makeSession } from "./make-session.ts";
import { sendFile, type Sending } from "./send-file.ts";
import type { Handle, TransferList } from "./transfer-list.ts";
import type { Transfer } from "./transfer.ts";
import type { Trouble } from "./trouble.ts";
import { findPrevious } from "./unfinished-uploads.ts";

interface Target {
  sessionId: string;
  /** Where an earlier page had begun. */
  previous: PreviousUpload | null;
}

interface Ends {
  onSent: () => void;
  onTrouble: (trouble: Trouble) => void;
}

/** Finds the session of a transfer, or makes it, and opens the sending into it; nothing is sent before its `start`. */
export async function openSending(
  list: TransferList,
  handle: Handle,
  ends: Ends,
): Promise<Sending | Trouble> {
  const { transferId } = handle;
  const target = await chooseTarget(list, handle);
  if ("isPassing" in target) return target;
  const change = (changes: Partial<Transfer>) => list.change(transferId, changes);
  change({ sessionId: target.sessionId });
  return sendFile(handle.file, {
    ...target,
    encoding: handle.encoding,
    onUploadId: (uploadId) => change({ uploadId }),
    onProgress(sentBytes) {
      handle.meter.note(sentBytes, performance.now());
      handle.failureCount = 0;
      change({ sentBytes, bytesPerSecond: handle.meter.bytesPerSecond() });
    },
    onSent() {
      const bytes = list.find(transferId)?.bytes ?? 0;
      change({ state: "sent", sentBytes: bytes, bytesPerSecond: null });
      ends.onSent();
    },
    onTrouble: ends.onTrouble,
  });
}

/** Where an earlier page had begun with it, else in the session that it holds, else in one of its own. */
async function chooseTarget(
  list: TransferList,
  { transferId, file, brought, title, newSessionId }: Handle,
): Promise<Target | Trouble> {
  const previous = await findPrevious(file);
  const wanted = list.find(transferId);
  const sessionId = wanted?.sessionId ?? createSessionId();
  const begun = previous?.metadata["sessionId"];
  const mayGoOn = begun === sessionId || wanted?.sessionOrigin !== "chosen";
  if (previous && begun !== undefined && mayGoOn) {
    if (brought !== null) list.change(transferId, { sessionOrigin: "page" });
    return { sessionId: begun, previous };
  }
  if (brought === null && title === null) return { sessionId, previous: null };
  const made = await makeSession(brought ?? { sessionId: newSessionId }, title ?? file.name);
  if ("isPassing" in made) return made;
  list.change(transferId, { sessionOrigin: made.isNew ? "page" : "before" });
  return { sessionId: made.sessionId, previous: null };
}
