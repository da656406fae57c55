"use client";

import { useMutation } from "@tanstack/react-query";
import { useId, useState, type FormEvent } from "react";
import { readError } from "#components/api/read-error.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { Button } from "#components/ui/button.tsx";
import { Field } from "#components/ui/field.tsx";
import { TextField } from "../profiles/text-fields.tsx";
import { useFocusInvalid } from "../use-focus-invalid.ts";

interface GitFormProps {
  onSet: (host: string) => void;
  onCancel: () => void;
}

/** Takes the token for a git server; one that is there already is replaced. */
export function GitForm({ onSet, onCancel }: GitFormProps) {
  const id = useId();
  const [host, setHost] = useState("github.com");
  const [username, setUsername] = useState("");
  const [token, setToken] = useState("");
  const [errors, setErrors] = useState<Partial<Record<string, string>>>({});
  const formRef = useFocusInvalid(errors);
  const set = useMutation(
    useTRPC().gitCredential.set.mutationOptions({
      onSuccess: () => onSet(host.trim()),
      onError: (error) => {
        const { field, message } = readError(error);
        setErrors({ [field === "host" || field === "username" ? field : "token"]: message });
      },
    }),
  );

  function submit(event: FormEvent) {
    event.preventDefault();
    if (set.isPending) return;
    const name = username.trim();
    setErrors({});
    set.mutate({ host, token, ...(name !== "" && { username: name }) });
  }

  return (
    <form
      ref={formRef}
      onSubmit={submit}
      aria-label="Token for a git server"
      aria-busy={set.isPending}
      className="flex flex-col gap-5 rounded border border-line bg-surface p-4"
    >
      <div className="grid gap-5 sm:grid-cols-2">
        <TextField
          label="Host"
          isCode
          autoFocus
          value={host}
          error={errors["host"]}
          onChange={setHost}
          hint="github.com, gitlab.com, git.example:8443"
        />
        <TextField
          label="User name"
          isCode
          placeholder="x-access-token"
          value={username}
          error={errors["username"]}
          onChange={setUsername}
          hint="GitHub takes any; GitLab wants oauth2."
        />
      </div>
      <Field
        label="Token"
        controlId={id}
        error={errors["token"] ?? null}
        hint="May read, for what sessions clone. It is encrypted, and cannot be read again here."
      >
        <input
          id={id}
          type="password"
          aria-describedby={`${id}-note`}
          aria-invalid={errors["token"] !== undefined}
          value={token}
          autoComplete="off"
          onChange={({ target }) => setToken(target.value)}
          className="field h-9 px-3 font-mono text-code pointer-coarse:h-11"
        />
      </Field>
      <div className="flex justify-end gap-2 border-t border-line pt-4">
        <Button onClick={onCancel}>Cancel</Button>
        <Button type="submit" look="primary" disabled={set.isPending}>
          {set.isPending ? "Saving …" : "Set token"}
        </Button>
      </div>
    </form>
  );
}
