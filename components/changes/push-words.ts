import type { BranchPush } from "#lib/changes/branch-push.ts";
import type { SessionStatus } from "#lib/session-state.ts";

export const isUnderWay = ({ status }: Pick<BranchPush, "status">) =>
  status === "waiting" || status === "running";

/** Why a session in that state cannot be pushed; null when it can. */
export function whyNotPushed(status: SessionStatus): string | null {
  switch (status) {
    case "preparing":
    case "prepared":
      return "Once the session is ready";
    case "working":
    case "needs_you":
      return "When the turn has ended";
    case "archived":
    case "trashed":
      return "Once the session is taken back";
    case "idle":
    case "failed":
    case "empty":
      return null;
  }
}

/** What the link to the page of the host is called. */
export const linkWords = (link: string) => `Open a pull request on ${new URL(link).host}`;
