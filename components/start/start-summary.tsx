import clsx from "clsx";
import type { AgentStatus } from "#lib/agent-status.ts";
import { formatCount } from "#components/format/format-count.ts";
import { revealHidden } from "#components/format/hidden-characters.ts";
import { toStartInput, type StartDraft } from "./start-draft.ts";

interface StartSummaryProps {
  draft: StartDraft;
  agent: AgentStatus | undefined;
  /** Name of the environment that the start gets; null for none. */
  profileName: string | null;
  /** The form was filled in by a link, not by the person who looks at it. */
  isLinked: boolean;
}

/** More than fits into three lines. UTF-16 units. */
const PROMPT_MAX_LENGTH = 400;

/** Says in one sentence what Start will do, and with whose words when a link has brought them. */
export function StartSummary({ draft, agent, profileName, isLinked }: StartSummaryProps) {
  const { prompt, repository } = toStartInput(draft);
  if (repository === "" && !isLinked)
    return <p className="text-label text-faint">⌘ or Ctrl with Enter starts.</p>;
  return (
    <p
      className={clsx(
        "min-w-0 flex-1 basis-72 text-label text-soft",
        // However long the names are, the button has room below them.
        isLinked && "max-h-[40dvh] overflow-y-auto",
      )}
    >
      {isLinked && (
        <>
          <strong className="block font-medium text-ink">
            A link filled this in. Nothing runs before you press the button.
          </strong>
          {prompt !== "" && (
            <span className="my-1 line-clamp-3 text-ink [overflow-wrap:anywhere]">
              “{revealHidden(prompt.slice(0, PROMPT_MAX_LENGTH))}”
            </span>
          )}
        </>
      )}
      {repository === "" ? (
        "Say which repository to work on."
      ) : (
        <Work draft={draft} agent={agent} profileName={profileName} />
      )}
    </p>
  );
}

function Work({ draft, agent, profileName }: Omit<StartSummaryProps, "isLinked">) {
  const {
    repository,
    branch,
    setupCommands = [],
    environment = {},
    permissions,
  } = toStartInput(draft);
  const variableCount = Object.keys(environment).length;
  const extras = [
    setupCommands.length > 0 && formatCount(setupCommands.length, "setup command"),
    variableCount > 0 && formatCount(variableCount, "variable"),
  ].filter(Boolean);
  return (
    <>
      {agent?.label ?? "The agent"} will work on <Name>{repository}</Name>
      {branch === undefined ? (
        ", default branch"
      ) : (
        <>
          {" "}
          at <Name>{branch}</Name>
        </>
      )}
      {profileName !== null && `, in the environment “${profileName}”`}
      {extras.length > 0 && `, with ${extras.join(" and ")}`}.{" "}
      {permissions === "ask"
        ? "You are asked wherever it asks for leave."
        : "What it asks leave for is allowed."}
    </>
  );
}

function Name({ children }: { children: string }) {
  return <code className="font-mono text-code break-all text-ink">{revealHidden(children)}</code>;
}
