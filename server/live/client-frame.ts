import { z } from "zod";
import type { ClientFrame, Topic } from "#lib/live-protocol.ts";
import { AppError } from "#lib/errors.ts";

const topic = z.string().regex(/^(?:sessions?|batch):[\w-]{1,256}$/) as unknown as z.ZodType<Topic>;

const position = z.int().nonnegative();

const cursor = z.object({ generation: position, seq: position });

const clientFrame = z.discriminatedUnion("type", [
  z.object({ type: z.literal("subscribe"), topic, cursor: cursor.nullish() }),
  z.object({ type: z.literal("unsubscribe"), topic }),
]);

/** A frame that a client sent. Throws `invalid_input`. */
export function parseClientFrame(text: string): ClientFrame {
  try {
    return clientFrame.parse(JSON.parse(text));
  } catch (cause) {
    throw new AppError("invalid_input", "The frame is not part of the protocol", { cause });
  }
}

const RESUME_ID = /^(\d{1,9})-(\d{1,15})$/;

/** A cursor as `generation-seq`; null when there is none. Throws `invalid_input`. */
export function parseResumeId(text: string | null) {
  if (text === null || text === "") return null;
  const match = RESUME_ID.exec(text);
  if (match === null) throw new AppError("invalid_input", "The cursor is not `generation-seq`");
  return { generation: Number(match[1]), seq: Number(match[2]) };
}
