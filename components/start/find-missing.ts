import type { AgentStatus } from "#lib/agent-status.ts";
import { PROMPT_MAX_CHARACTERS } from "#lib/limits.ts";
import type { AttachmentDraft } from "#components/attachments/use-attachments.ts";
import type { StartDraft } from "./start-draft.ts";

interface Wanted {
  draft: StartDraft;
  agent: AgentStatus | undefined;
  files: Pick<AttachmentDraft, "hold">;
}

/** What can be said of a start without asking the server, by field. */
export function findMissing({ draft, agent, files }: Wanted): Record<string, string> {
  return {
    ...(draft.prompt.trim() === "" && { prompt: "Type what the agent should do." }),
    ...(draft.prompt.length > PROMPT_MAX_CHARACTERS && {
      prompt: `The prompt has ${draft.prompt.length.toLocaleString("en")} characters; at most ${PROMPT_MAX_CHARACTERS.toLocaleString("en")} fit.`,
    }),
    ...(files.hold !== null && {
      attachments: "Wait for the files, or remove those that were not sent.",
    }),
    ...(draft.repository.trim() === "" && { repository: "Say which repository to work on." }),
    ...(agent?.available === false && {
      agent: `${agent.label} is not installed on this machine.`,
    }),
  };
}
