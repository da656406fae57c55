import { useId } from "react";
import type { PermissionMode } from "#lib/agent-request.ts";

const choices: readonly { mode: PermissionMode; name: string; note: string }[] = [
  {
    mode: "allow",
    name: "Allow what it asks",
    note: "Nobody has to sit in front of it; the sandbox is the fence.",
  },
  {
    mode: "ask",
    name: "Ask me first",
    note: "The agent waits for an answer wherever it asks for leave. Not every agent asks.",
  },
];

interface PermissionChoiceProps {
  mode: PermissionMode;
  isDisabled?: boolean;
  onChange: (mode: PermissionMode) => void;
}

/** What becomes of an agent's requests for leave. */
export function PermissionChoice({ mode, isDisabled = false, onChange }: PermissionChoiceProps) {
  const id = useId();
  return (
    <fieldset disabled={isDisabled} className="flex flex-col gap-2">
      <legend className="mb-1.5 text-label font-medium">When the agent asks for leave</legend>
      {choices.map((choice) => (
        <label key={choice.mode} className="flex items-start gap-2 text-label">
          <input
            type="radio"
            name={id}
            checked={mode === choice.mode}
            aria-describedby={`${id}-${choice.mode}`}
            onChange={() => onChange(choice.mode)}
            className="mt-1 shrink-0 accent-(--accent)"
          />
          <span className="min-w-0">
            {choice.name}
            <span id={`${id}-${choice.mode}`} className="block text-meta text-faint">
              {choice.note}
            </span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
