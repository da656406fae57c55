import type { PromptState } from "#lib/session-state.ts";
import type { SessionView } from "./session-view.ts";

/**
 * Shows a prompt that the server has accepted before the session's state tells of it, which the next one does. Gives
 * back the same view when the prompt is known already.
 */
export function withSentPrompt(
  view: SessionView,
  sent: Pick<PromptState, "messageId" | "text" | "attachments" | "createdAt">,
): SessionView {
  const { prompts } = view.state;
  const isKnown = [...prompts, ...view.messages].some((each) => each.messageId === sent.messageId);
  if (isKnown) return view;
  const rest = {
    status: "accepted",
    waitsFor: "turn",
    outcome: null,
    message: null,
    deliveredAt: null,
    startedAt: null,
    settledAt: null,
  } as const;
  return { ...view, state: { ...view.state, prompts: [...prompts, { ...sent, ...rest }] } };
}
