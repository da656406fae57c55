import { z } from "zod";
import type { BusMessage, Greeting, VolatileEvent } from "./bus-message.ts";

const volatileEvent = z.looseObject({
  type: z.enum(["preparing", "delta", "progress", "output", "phase"]),
});

const busMessage = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("items"),
    sessionId: z.string(),
    generation: z.int(),
    seq: z.int(),
  }),
  z.object({ kind: z.literal("state"), sessionId: z.string(), teamId: z.string() }),
  z.object({ kind: z.literal("batch"), batchId: z.string() }),
  z.object({ kind: z.literal("wake"), sessionId: z.string() }),
  z.object({ kind: z.literal("stream"), streamId: z.string() }),
  z.object({ kind: z.literal("job"), queueName: z.string() }),
  z.object({ kind: z.literal("hello") }),
  z.object({
    kind: z.literal("volatile"),
    origin: z.string(),
    sessionId: z.string(),
    // Made by a process of ours, which knows their fields; a newer one may know more.
    events: z.array(volatileEvent.transform((event) => event as unknown as VolatileEvent)),
  }),
]);

const envelope = z.object({ origin: z.string().optional() });

export interface ReceivedMessage {
  message: BusMessage | Greeting;
  /** The process that sent it; null when nobody has heard it yet. */
  origin: string | null;
}

/** The message in a NOTIFY payload; null when it is not one, as from a newer process or a stranger on the channel. */
export function readBusMessage(payload: string): ReceivedMessage | null {
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch {
    return null;
  }
  const message = busMessage.safeParse(value).data;
  if (!message) return null;
  return { message, origin: envelope.safeParse(value).data?.origin ?? null };
}
