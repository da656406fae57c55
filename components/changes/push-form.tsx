"use client";

import { useMemo, useState, type FormEvent } from "react";
import { readError } from "#components/api/read-error.ts";
import { LinesField, TextField } from "#components/settings/profiles/text-fields.tsx";
import { useFocusInvalid } from "#components/settings/use-focus-invalid.ts";
import { Button } from "#components/ui/button.tsx";
import { ErrorText } from "#components/ui/field.tsx";

interface PushFormProps {
  branch: string;
  message: string;
  mutation: { error: unknown; isPending: boolean };
  onPush: (input: { branch: string; message: string }) => void;
  onCancel: () => void;
}

/** Where to, and what to call what is not committed. */
export function PushForm({ mutation, onPush, onCancel, ...initial }: PushFormProps) {
  const [branch, setBranch] = useState(initial.branch);
  const [message, setMessage] = useState(initial.message);
  const problem = useMemo(
    () => (mutation.error == null ? null : readError(mutation.error)),
    [mutation.error],
  );
  const errors = useMemo(
    (): Partial<Record<string, string>> =>
      problem?.field ? { [problem.field]: problem.message } : {},
    [problem],
  );
  const formRef = useFocusInvalid(errors);
  const isElsewhere = problem !== null && problem.field !== "branch" && problem.field !== "message";

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!mutation.isPending) onPush({ branch, message });
  }

  return (
    <form
      ref={formRef}
      onSubmit={submit}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        onCancel();
      }}
      aria-label="Push to a branch"
      aria-busy={mutation.isPending}
      className="flex flex-col gap-4 rounded border border-line bg-surface p-4"
    >
      <TextField
        label="Branch"
        isCode
        autoFocus
        value={branch}
        error={errors["branch"]}
        onChange={setBranch}
        hint="Never by force: a branch with commits of others is left alone."
      />
      <LinesField
        label="Commit message"
        value={message}
        error={errors["message"]}
        onChange={setMessage}
        hint="Of one commit with everything that the agent has not committed."
      />
      {isElsewhere && (
        <p className="text-meta">
          <ErrorText>{problem.message}</ErrorText>
        </p>
      )}
      <div className="flex justify-end gap-2">
        <Button onClick={onCancel}>Cancel</Button>
        <Button type="submit" look="primary" disabled={mutation.isPending}>
          {mutation.isPending ? "Asking …" : "Push"}
        </Button>
      </div>
    </form>
  );
}
