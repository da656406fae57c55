"use client";

import { Plus, X } from "lucide-react";
import { useId } from "react";
import {
  BRANCH_MAX_CHARACTERS,
  ENVIRONMENT_NAME_MAX_CHARACTERS,
  ENVIRONMENT_VALUE_MAX_CHARACTERS,
  ENVIRONMENT_VARIABLES_MAX,
} from "#lib/limits.ts";
import { PermissionChoice } from "#components/permissions/permission-choice.tsx";
import { Button, IconButton } from "#components/ui/button.tsx";
import { ErrorText, Field } from "#components/ui/field.tsx";
import type { ProfileOffer } from "./find-profile.ts";
import { ProfileField } from "./profile-field.tsx";
import type { EnvironmentRow, StartDraft } from "./start-draft.ts";
import { findError, findRefusedRows, type StartErrors } from "./start-errors.ts";

interface AdvancedFieldsProps {
  draft: StartDraft;
  onChange: (changes: Partial<StartDraft>) => void;
  errors: StartErrors;
  profiles: ProfileOffer;
}

export function AdvancedFields({ draft, onChange, errors, profiles }: AdvancedFieldsProps) {
  const id = useId();
  return (
    <div className="flex flex-col gap-5 rounded border border-line bg-surface p-4">
      <ProfileField
        offer={profiles}
        profile={draft.profile}
        onChange={(profile) => onChange({ profile })}
        error={findError(errors, "profile")}
      />
      <Field
        label="Branch"
        controlId={`${id}-branch`}
        error={findError(errors, "branch")}
        hint="Empty for the repository's default branch."
      >
        <input
          id={`${id}-branch`}
          aria-describedby={`${id}-branch-note`}
          aria-invalid={findError(errors, "branch") !== null}
          value={draft.branch}
          maxLength={BRANCH_MAX_CHARACTERS}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          onChange={(event) => onChange({ branch: event.target.value })}
          className="field h-9 px-3 font-mono text-code pointer-coarse:h-11"
        />
      </Field>
      <Field
        label="Setup commands"
        controlId={`${id}-setup`}
        error={findError(errors, "setupCommands")}
        hint="One per line, run in the workspace before the agent starts."
      >
        <textarea
          id={`${id}-setup`}
          aria-describedby={`${id}-setup-note`}
          aria-invalid={findError(errors, "setupCommands") !== null}
          value={draft.setupCommands}
          rows={3}
          spellCheck={false}
          placeholder="npm ci"
          onChange={(event) => onChange({ setupCommands: event.target.value })}
          className="field field-sizing-content max-h-60 min-h-20 resize-none px-3 py-2 font-mono text-code"
        />
      </Field>
      <EnvironmentFields
        rows={draft.environment}
        onChange={(environment) => onChange({ environment })}
        error={findError(errors, "environment")}
        refused={findRefusedRows(errors, draft.environment)}
      />
      <PermissionChoice
        mode={draft.permissions}
        onChange={(permissions) => onChange({ permissions })}
      />
    </div>
  );
}

interface EnvironmentFieldsProps {
  rows: readonly EnvironmentRow[];
  onChange: (rows: readonly EnvironmentRow[]) => void;
  error: string | null;
  /** Positions of the rows that the error is about. */
  refused: readonly number[];
}

function EnvironmentFields({ rows, onChange, error, refused }: EnvironmentFieldsProps) {
  const id = useId();
  const change = (index: number, changes: Partial<EnvironmentRow>) =>
    onChange(rows.map((row, at) => (at === index ? { ...row, ...changes } : row)));

  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1.5 text-label font-medium">Environment variables</legend>
      {rows.map((row, index) => (
        <div key={index} className="flex items-center gap-2">
          <input
            aria-label={`Name of variable ${index + 1}`}
            aria-describedby={refused.includes(index) ? `${id}-note` : undefined}
            aria-invalid={refused.includes(index)}
            value={row.name}
            maxLength={ENVIRONMENT_NAME_MAX_CHARACTERS}
            placeholder="NAME"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            onChange={(event) => change(index, { name: event.target.value })}
            className="field h-9 w-2/5 min-w-0 px-3 font-mono text-code pointer-coarse:h-11"
          />
          <input
            aria-label={`Value of variable ${index + 1}`}
            value={row.value}
            maxLength={ENVIRONMENT_VALUE_MAX_CHARACTERS}
            placeholder="value"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            onChange={(event) => change(index, { value: event.target.value })}
            className="field h-9 min-w-0 flex-1 px-3 font-mono text-code pointer-coarse:h-11"
          />
          <IconButton
            label={`Remove variable ${index + 1}`}
            onClick={() => onChange(rows.filter((_, at) => at !== index))}
          >
            <X aria-hidden />
          </IconButton>
        </div>
      ))}
      {error !== null && (
        <p id={`${id}-note`} className="text-meta">
          <ErrorText>{error}</ErrorText>
        </p>
      )}
      <div className="flex flex-wrap items-center gap-3">
        <Button
          isSmall
          disabled={rows.length >= ENVIRONMENT_VARIABLES_MAX}
          onClick={() => onChange([...rows, { name: "", value: "" }])}
        >
          <Plus aria-hidden className="size-3.5" />
          Add a variable
        </Button>
        <span className="text-meta text-faint">
          For the setup commands and the agent; values are not kept in this browser.
        </span>
      </div>
    </fieldset>
  );
}
