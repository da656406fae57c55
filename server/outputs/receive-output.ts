import { guessMime } from "#lib/guess-mime.ts";
import type { Output } from "#lib/output.ts";
import type { NewOutput, OutputServices } from "./begin-output.ts";
import { openOutput } from "./open-output.ts";
import { openOrRefuse } from "./refuse-output.ts";

export interface IncomingOutput extends Pick<
  NewOutput,
  "sessionId" | "generation" | "executionId" | "port" | "source" | "announcedBytes" | "quotaBytes"
> {
  /** Null: what the name suggests, or else its first bytes. */
  mime: string | null;
  thresholdBytes?: number | undefined;
  body: AsyncIterable<Uint8Array>;
  /** Nobody is there to be answered: what is refused leaves a row that says so. */
  isUnattended?: boolean;
}

/**
 * Stores a body as an output while it comes; durable when it resolves. A body that breaks off leaves what came, marked
 * incomplete, and its error comes through. Throws what `beginOutput` throws.
 */
export async function receiveOutput(
  services: OutputServices,
  { body, mime, isUnattended = false, ...output }: IncomingOutput,
): Promise<Output> {
  const name = output.port.split("/").at(-1) ?? output.port;
  const open = isUnattended ? openOrRefuse : openOutput;
  const writer = await open(services, {
    ...output,
    name,
    mime: mime ?? guessMime(name),
    isMimeGuessed: mime === null,
    mode: "binary",
    format: "blob",
  });
  try {
    for await (const chunk of body) await writer.write(chunk);
  } catch (error) {
    await writer.fail(error);
    throw error;
  }
  return writer.complete();
}
