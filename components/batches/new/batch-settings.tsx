"use client";

import { useId } from "react";
import type { AgentStatus } from "#lib/agent-status.ts";
import { BATCH_CONCURRENCY_MAX, BRANCH_MAX_CHARACTERS } from "#lib/limits.ts";
import { AgentField } from "#components/start/agent-field.tsx";
import { Field } from "#components/ui/field.tsx";
import type { StartFields } from "./start-rows.ts";

/** What counts for all sessions of a batch, as it is typed. */
export interface Settings extends StartFields {
  /** A number, or empty for the server's own. */
  concurrency: string;
}

interface BatchSettingsProps {
  settings: Settings;
  onChange: (changes: Partial<Settings>) => void;
  agents: readonly AgentStatus[];
  /** What is sent may lack prompts and repositories: they can be given here. */
  hasOwnTexts: boolean;
  sessionsAtOnce: number;
}

export function BatchSettings(props: BatchSettingsProps) {
  const { settings, onChange, agents, hasOwnTexts, sessionsAtOnce } = props;
  const id = useId();
  return (
    <div className="flex flex-col gap-5">
      {hasOwnTexts && (
        <div className="grid gap-5 sm:grid-cols-2">
          <Field label="Prompt for rows without one" controlId={`${id}-prompt`}>
            <textarea
              id={`${id}-prompt`}
              value={settings.prompt}
              rows={2}
              onChange={(event) => onChange({ prompt: event.target.value })}
              className="field field-sizing-content max-h-40 min-h-18 resize-none px-3 py-2"
            />
          </Field>
          <Field label="Repository for rows without one" controlId={`${id}-repository`}>
            <input
              id={`${id}-repository`}
              value={settings.repository}
              autoCapitalize="none"
              autoComplete="off"
              spellCheck={false}
              placeholder="owner/name"
              onChange={(event) => onChange({ repository: event.target.value })}
              className="field h-10 px-3 font-mono text-code pointer-coarse:h-12"
            />
          </Field>
        </div>
      )}
      <div className="grid gap-5 sm:grid-cols-[minmax(14rem,1fr)_1fr_minmax(8rem,10rem)]">
        <AgentField
          agents={agents}
          agentId={settings.agent}
          onChange={(agent) => onChange({ agent })}
          error={null}
        />
        <Field
          label="Branch"
          controlId={`${id}-branch`}
          hint="Empty for each one's default branch."
        >
          <input
            id={`${id}-branch`}
            aria-describedby={`${id}-branch-note`}
            value={settings.branch}
            maxLength={BRANCH_MAX_CHARACTERS}
            autoCapitalize="none"
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => onChange({ branch: event.target.value })}
            className="field h-10 px-3 font-mono text-code pointer-coarse:h-12"
          />
        </Field>
        <Field
          label="At one time"
          controlId={`${id}-concurrency`}
          hint="Sessions that people start go first."
        >
          <input
            id={`${id}-concurrency`}
            aria-describedby={`${id}-concurrency-note`}
            type="number"
            inputMode="numeric"
            min={1}
            max={BATCH_CONCURRENCY_MAX}
            step={1}
            value={settings.concurrency}
            placeholder={String(sessionsAtOnce)}
            onChange={(event) => onChange({ concurrency: event.target.value })}
            className="field h-10 px-3 text-label tabular pointer-coarse:h-12"
          />
        </Field>
      </div>
    </div>
  );
}
