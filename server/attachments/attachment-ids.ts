import { z } from "zod";
import { isAttachmentId } from "#lib/ids.ts";
import { ATTACHMENTS_MAX } from "#lib/limits.ts";

const notAnAttachmentId = { message: "This is not the id of an attachment" };

/** Ids as `POST /api/v1/attachments` answers them, in the order in which the agent gets the files. */
export const attachmentIds = z
  .array(z.string(notAnAttachmentId).refine(isAttachmentId, notAnAttachmentId), {
    message: "Attachments are a list of ids",
  })
  .max(ATTACHMENTS_MAX, { message: `At most ${ATTACHMENTS_MAX} files go with a prompt` })
  .refine((ids) => new Set(ids).size === ids.length, { message: "A file is named twice" });
