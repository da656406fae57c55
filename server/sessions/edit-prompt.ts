import type { SessionAccess } from "#server/accounts/policy.ts";
import type { Services } from "#server/services.ts";
import { changeSession } from "./change-session.ts";
import { requireFollowUp } from "./first-prompt.ts";
import { refuseChange } from "./prompt-queue.ts";

/**
 * Changes the words of a prompt that waits; its place in the line and its files stay. One that the agent has already is
 * a `conflict`, and so is the first prompt until the session is ready: that is changed with its session.
 */
export async function editPrompt(
  services: Pick<Services, "database" | "bus">,
  { access, prompt }: { access: SessionAccess; prompt: { messageId: string; text: string } },
): Promise<void> {
  const { sessionId, generation } = access;
  const { messageId, text } = prompt;
  await changeSession(services, access, async (tx, session) => {
    const instead = "change that before it is initiated";
    await requireFollowUp(tx, session, { access, messageId, instead });
    const edited = await tx`
      update prompts set text = ${text}
      where session_id = ${sessionId} and generation = ${generation}
        and message_id = ${messageId} and status = 'accepted'
      returning 1`;
    if (edited.length === 0) await refuseChange(tx, access, messageId);
  });
}
