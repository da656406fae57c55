import { isAppError } from "#lib/errors.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Services } from "#server/services.ts";
import { openSessionForPush } from "#server/sessions/create-session.ts";
import { type Acceptance, acceptUpload, type UploadHead } from "./accept-upload.ts";

export interface Push {
  sessionId: string;
  head: UploadHead;
}

/**
 * `acceptUpload` into the session of that id, which is made for the caller when nobody has it; throws what
 * `openSessionForPush` and `acceptUpload` throw. A session may go with the upload that made it in the very moment that
 * another one is brought to it: that one makes it anew.
 */
export async function acceptPush(
  services: Pick<Services, "database" | "bus" | "processId">,
  viewer: Viewer,
  { sessionId, head }: Push,
): Promise<Acceptance> {
  const accept = async () => {
    const session = { sessionId, fileName: head.name };
    const target = await openSessionForPush(services, viewer, session);
    return acceptUpload(services, viewer, { target, head });
  };
  try {
    return await accept();
  } catch (error) {
    if (isAppError(error) && error.code === "gone") return accept();
    throw error;
  }
}
