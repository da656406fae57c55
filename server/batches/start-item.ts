import { createHash } from "node:crypto";
import type { Viewer } from "#server/accounts/viewer.ts";
import type { Services } from "#server/services.ts";
import { interruptTurn } from "#server/sessions/prompt-queue.ts";
import { startSession } from "#server/sessions/start-session.ts";
import type { ClaimedItem } from "./claim-item.ts";
import { handOver } from "./change-item.ts";
import { parseStart } from "./line-rules.ts";

type Needs = Pick<
  Services,
  "database" | "bus" | "queue" | "agents" | "environment" | "processId" | "log"
>;

/**
 * Starts the session of a line, which names it in the same transaction. Safe to run again: the line's message id finds
 * the session that was started.
 */
export async function startItem(
  services: Needs,
  owner: Viewer,
  item: ClaimedItem & { body: string },
): Promise<void> {
  const line = JSON.parse(item.body) as Record<string, unknown>;
  const input = {
    ...parseStart(item.defaults, line),
    messageId: messageIdOf(item),
    isPatient: true,
    line: { batchId: item.batchId, index: item.index },
  };
  const { sessionId } = await startSession(services, owner, input);
  if (await handOver(services, item, { sessionId })) return;
  await interruptTurn(services, { sessionId, generation: 1, teamId: owner.teamId });
}

const HEX_PER_CHARACTER = 2;

/** Of the pattern of ours: the batch's moment, and what tells lines and rounds apart. */
export function messageIdOf({
  batchId,
  index,
  round,
}: Pick<ClaimedItem, "batchId" | "index" | "round">): string {
  const moment = batchId.slice("bat_".length, "bat_".length + 12);
  const hash = createHash("sha256").update(`${batchId}/${index}/${round}`).digest("hex");
  return `msg_${moment}${toLetters(hash, 14)}`;
}

/** Two hex digits for each letter or digit. */
function toLetters(hex: string, length: number): string {
  const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  return Array.from({ length }, (_, n) => {
    const start = n * HEX_PER_CHARACTER;
    return letters[Number.parseInt(hex.slice(start, start + HEX_PER_CHARACTER), 16) % 62];
  }).join("");
}
