import type { AgentStatus } from "#lib/agent-status.ts";
import { formatCount } from "#components/format/format-count.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { toStartInput, type StartDraft } from "./start-draft.ts";

interface StartSummaryProps {
  draft: StartDraft;
  agent: AgentStatus | undefined;
  /** The form was filled in by a link, not by the person who looks at it. */
  isLinked: boolean;
}

/** More than fits into three lines. UTF-16 units. */
const PROMPT_MAX_LENGTH = 400;

/** Says in one sentence what Start will do, and with whose words when a link has brought them. */
export function StartSummary({ draft, agent, isLinked }: StartSummaryProps) {
  const { prompt, repository, branch, setupCommands = [], environment = {} } = toStartInput(draft);
  if (repository === "")
    return <p className="text-label text-faint">⌘ or Ctrl with Enter starts.</p>;
  const variableCount = Object.keys(environment).length;
  const extras = [
    setupCommands.length > 0 && formatCount(setupCommands.length, "setup command"),
    variableCount > 0 && formatCount(variableCount, "variable"),
  ].filter(Boolean);
  return (
    <p className="min-w-0 flex-1 basis-72 text-label text-soft">
      {isLinked && (
        <>
          <strong className="block font-medium text-ink">
            A link filled this in. Nothing runs before you press the button.
          </strong>
          {prompt !== "" && (
            <span className="my-1 line-clamp-3 text-ink [overflow-wrap:anywhere]">
              “{visibleText(prompt.slice(0, PROMPT_MAX_LENGTH))}”
            </span>
          )}
        </>
      )}
      {agent?.label ?? "The agent"} will work on{" "}
      <code className="font-mono text-code break-all text-ink">{repository}</code>
      {branch === undefined ? (
        ", default branch"
      ) : (
        <>
          {" "}
          at <code className="font-mono text-code break-all text-ink">{branch}</code>
        </>
      )}
      {extras.length > 0 && `, with ${extras.join(" and ")}`}.
    </p>
  );
}
