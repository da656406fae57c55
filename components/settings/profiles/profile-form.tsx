"use client";

import { useMutation } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import { useId, useState, type FormEvent } from "react";
import { readError } from "#components/api/read-error.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { Button } from "#components/ui/button.tsx";
import { ErrorText, Field } from "#components/ui/field.tsx";
import {
  draftOf,
  emptyProfile,
  fieldOf,
  readProfile,
  type ProfileDraft,
  type ProfileErrors,
} from "./profile-draft.ts";
import type { ProfileSummary } from "./profile-summary.ts";
import { LinesField, TextField } from "./text-fields.tsx";
import { useFocusInvalid } from "../use-focus-invalid.ts";

interface ProfileFormProps {
  /** Null: a new one. */
  profile: ProfileSummary | null;
  /** What people call the agents, by id. */
  agentLabels: Readonly<Record<string, string>>;
  onSaved: (name: string) => void;
  onCancel: () => void;
}

/** Everything that an environment says but for its secrets, which are saved one by one. */
export function ProfileForm({ profile, agentLabels, onSaved, onCancel }: ProfileFormProps) {
  const [draft, setDraft] = useState(() => (profile ? draftOf(profile) : emptyProfile));
  const [errors, setErrors] = useState<ProfileErrors>({});
  const formRef = useFocusInvalid(errors);
  const { save, isSaving } = useSave(profile, {
    onSaved: () => onSaved(draft.name.trim()),
    onError: setErrors,
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    if (isSaving) return;
    const { input, errors: wrong } = readProfile(draft);
    setErrors(wrong ?? {});
    if (input) save(input);
  }

  const edit = (changes: Partial<ProfileDraft>) => setDraft((now) => ({ ...now, ...changes }));
  const text = (name: TextName) => ({
    value: draft[name],
    error: errors[name],
    onChange: (value: string) => edit({ [name]: value }),
  });
  return (
    <form
      ref={formRef}
      onSubmit={submit}
      aria-label={profile ? `Change ${profile.name}` : "New environment"}
      aria-busy={isSaving}
      className="flex flex-col gap-5"
    >
      <div className="grid gap-5 sm:grid-cols-2">
        <TextField label="Name" autoFocus {...text("name")} hint="What a start names it by." />
        <TextField
          label="Repositories"
          isCode
          placeholder="owner/*"
          {...text("repository")}
          hint="Empty for all. Secrets go to no other ones."
        />
      </div>
      <Box
        label="Taken by starts on these repositories that name no environment"
        isChecked={draft.isDefault}
        onChange={(isDefault) => edit({ isDefault })}
      />
      <Box
        label="Fetch submodules; the git credential opens those of the same owner"
        isChecked={draft.submodules}
        onChange={(submodules) => edit({ submodules })}
      />
      <Box
        label="Fetch files that are in Git LFS; otherwise they are pointers"
        isChecked={draft.lfs}
        onChange={(lfs) => edit({ lfs })}
      />
      <LinesField
        label="Variables"
        placeholder="NODE_ENV=test"
        {...text("variables")}
        hint="NAME=value, one a line. Everybody of the team can read them; what nobody may read is a secret."
      />
      <LinesField
        label="Setup commands"
        placeholder="npm ci"
        {...text("setupCommands")}
        hint="One a line, before those that a start brings."
      />
      <div className="grid gap-5 sm:grid-cols-2">
        <AgentField
          agentLabels={agentLabels}
          agent={draft.agent}
          error={errors.agent}
          onChange={(agent) => edit({ agent })}
        />
        <TextField
          label="Model"
          isCode
          {...text("model")}
          hint="As the agent calls it; empty for the agent's own."
        />
      </div>
      <Machine text={text} />
      {errors[""] !== undefined && (
        <p className="text-label">
          <ErrorText>{errors[""]}</ErrorText>
        </p>
      )}
      <div className="flex justify-end gap-2 border-t border-line pt-4">
        <Button onClick={onCancel}>Cancel</Button>
        <Button type="submit" look="primary" disabled={isSaving}>
          {isSaving ? "Saving …" : profile ? "Save" : "Create environment"}
        </Button>
      </div>
    </form>
  );
}

type TextName = Exclude<keyof ProfileDraft, "isDefault" | "submodules" | "lfs">;

interface BoxProps {
  label: string;
  isChecked: boolean;
  onChange: (isChecked: boolean) => void;
}

const Box = ({ label, isChecked, onChange }: BoxProps) => (
  <label className="flex items-start gap-2 text-label">
    <input
      type="checkbox"
      checked={isChecked}
      onChange={({ target }) => onChange(target.checked)}
      className="mt-0.5 size-4 shrink-0 accent-accent"
    />
    {label}
  </label>
);

interface SaveOptions {
  onSaved: () => void;
  onError: (errors: ProfileErrors) => void;
}

function useSave(profile: ProfileSummary | null, { onSaved, onError }: SaveOptions) {
  const trpc = useTRPC();
  const handlers = {
    onSuccess: onSaved,
    onError: (error: unknown) => {
      const { field, message } = readError(error);
      onError({ [fieldOf(field)]: message });
    },
  };
  const create = useMutation(trpc.profile.create.mutationOptions(handlers));
  const update = useMutation(trpc.profile.update.mutationOptions(handlers));
  const { isPending, isSuccess } = profile ? update : create;
  return {
    isSaving: isPending || isSuccess,
    save(input: Parameters<typeof create.mutate>[0]) {
      if (profile) update.mutate({ ...input, profileId: profile.profileId });
      else create.mutate(input);
    },
  };
}

interface AgentFieldProps {
  agentLabels: Readonly<Record<string, string>>;
  agent: string;
  error: string | undefined;
  onChange: (agent: string) => void;
}

function AgentField({ agentLabels, agent, error, onChange }: AgentFieldProps) {
  const id = useId();
  return (
    <Field label="Agent" controlId={id} error={error ?? null} hint="A start may name another one.">
      <select
        id={id}
        aria-describedby={`${id}-note`}
        aria-invalid={error !== undefined}
        value={agent}
        onChange={({ target }) => onChange(target.value)}
        className="field h-9 px-2 text-label pointer-coarse:h-11"
      >
        <option value="">The server's default</option>
        {Object.entries(agentLabels).map(([each, label]) => (
          <option key={each} value={each}>
            {label}
          </option>
        ))}
      </select>
    </Field>
  );
}

interface MachineProps {
  text: (name: TextName) => {
    value: string;
    error: string | undefined;
    onChange: (value: string) => void;
  };
}

/** What most environments leave as it is. */
function Machine({ text }: MachineProps) {
  return (
    <details className="group rounded border border-line">
      <summary className="flex items-center gap-1.5 rounded px-3 py-2 text-label text-soft marker:content-none hover:bg-hover">
        <ChevronRight aria-hidden className="size-4 transition-transform group-open:rotate-90" />
        MCP servers, hosts, limits, commits
      </summary>
      <div className="flex flex-col gap-5 border-t border-line p-3">
        <LinesField
          label="MCP servers"
          placeholder={
            '{"tickets": {"url": "https://…", "headers": {"Authorization": "Bearer ${TOKEN}"}}}'
          }
          {...text("mcpServers")}
          hint="JSON as other programs have it. Headers, addresses and env may name ${SECRETS} of this environment."
        />
        <LinesField
          label="Allowed hosts"
          placeholder="api.example.com"
          {...text("allowedHosts")}
          hint="name, *.name or name:port, beside those of the server; where sessions are isolated."
        />
        <div className="grid gap-5 sm:grid-cols-2">
          <TextField label="Memory in GB" {...text("memoryGb")} hint="No more than the server's." />
          <TextField label="Processes" {...text("processes")} hint="No more than the server's." />
          <TextField
            label="Branches"
            isCode
            placeholder="millrace/{title}-{id}"
            className="sm:col-span-2"
            {...text("branchPattern")}
            hint="What the agent's branch is called."
          />
          <TextField label="Author of commits" placeholder="Millrace" {...text("authorName")} />
          <TextField
            label="Author's address"
            placeholder="millrace@localhost"
            {...text("authorEmail")}
          />
        </div>
      </div>
    </details>
  );
}
