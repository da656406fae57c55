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
 * `openSessionForPush` and `acceptUpload` throw. A push that is refused, or whose process dies, leaves no session.
 */
export const acceptPush = (
  services: Pick<Services, "database" | "bus" | "processId">,
  viewer: Viewer,
  { sessionId, head }: Push,
): Promise<Acceptance> =>
  acceptUpload(services, viewer, {
    openTarget: (tx) => openSessionForPush(tx, viewer, { sessionId, fileName: head.name }),
    head,
  });
