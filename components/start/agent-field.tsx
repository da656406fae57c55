"use client";

import { Bot, ChevronDown } from "lucide-react";
import { useId } from "react";
import type { AgentStatus } from "#lib/agent-status.ts";
import { CopyButton } from "#components/ui/copy-button.tsx";
import { ErrorText, Field } from "#components/ui/field.tsx";
import { Menu, MenuChoice, MenuChoiceItem } from "#components/ui/menu.tsx";

interface AgentFieldProps {
  agents: readonly AgentStatus[];
  agentId: string;
  onChange: (agentId: string) => void;
  error: string | null;
}

/** Chooses an agent; one that this machine lacks can be chosen too, to learn how to get it. */
export function AgentField({ agents, agentId, onChange, error }: AgentFieldProps) {
  const id = useId();
  const chosen = agents.find((agent) => agent.id === agentId);
  return (
    <Field label="Agent" controlId={id} error={error} hint={chosen && <AgentNote agent={chosen} />}>
      <Menu
        className="w-(--trigger-width) min-w-72"
        trigger={
          <button
            id={id}
            type="button"
            aria-describedby={`${id}-note`}
            data-refused={error !== null}
            className="field flex h-10 items-center gap-2 px-3 text-left text-label pointer-coarse:h-12"
          >
            <Bot aria-hidden className="size-4 shrink-0 text-faint" />
            <span className="min-w-0 flex-1 truncate">{chosen?.label ?? agentId}</span>
            <ChevronDown aria-hidden className="size-4 shrink-0 text-faint" />
          </button>
        }
      >
        <MenuChoice value={agentId} onChange={onChange}>
          {agents.map((agent) => (
            <MenuChoiceItem key={agent.id} value={agent.id}>
              <span className="flex items-baseline justify-between gap-3">
                <span className="font-medium">{agent.label}</span>
                <span className="shrink-0 text-meta text-faint tabular">
                  {agent.available ? (agent.version ?? "") : "Not installed"}
                </span>
              </span>
              <span className="block text-meta text-soft">{agent.description}</span>
            </MenuChoiceItem>
          ))}
        </MenuChoice>
      </Menu>
    </Field>
  );
}

function AgentNote({ agent }: { agent: AgentStatus }) {
  if (agent.available) return agent.versionNote ?? agent.description;
  return (
    <span className="flex flex-col gap-1">
      <ErrorText>{agent.label} is not installed on this machine.</ErrorText>
      {agent.installHint !== null && <InstallHint hint={agent.installHint} />}
    </span>
  );
}

/** How to get an agent, ready to paste into a terminal. */
export function InstallHint({ hint }: { hint: string }) {
  return (
    <span className="flex min-w-0 items-center gap-1">
      <code className="min-w-0 rounded-sm bg-sunken px-1.5 py-0.5 font-mono text-meta break-words text-ink">
        {hint}
      </code>
      <CopyButton text={hint} label="Copy how to install it" />
    </span>
  );
}
