"use client";

import { useMutation } from "@tanstack/react-query";
import { useId, useState } from "react";
import { readError } from "#components/api/read-error.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { Field } from "#components/ui/field.tsx";
import { TextField } from "../profiles/text-fields.tsx";
import type { GitFormProps } from "./git-form.tsx";
import { GitFormFrame } from "./git-form-frame.tsx";

/** Takes the token for a git server. */
export function GitTokenForm({ onSet, onCancel, hasFocus }: GitFormProps) {
  const id = useId();
  const [host, setHost] = useState("github.com");
  const [username, setUsername] = useState("");
  const [token, setToken] = useState("");
  const [errors, setErrors] = useState<Partial<Record<string, string>>>({});
  const set = useMutation(
    useTRPC().gitCredential.set.mutationOptions({
      onSuccess: () => onSet(host.trim()),
      onError: (error) => {
        const { field, message } = readError(error);
        setErrors({ [field === "host" || field === "username" ? field : "token"]: message });
      },
    }),
  );

  function submit() {
    const name = username.trim();
    setErrors({});
    set.mutate({ host, token, ...(name !== "" && { username: name }) });
  }

  return (
    <GitFormFrame
      label="Token for a git server"
      action="Set token"
      errors={errors}
      isPending={set.isPending}
      onSubmit={submit}
      onCancel={onCancel}
    >
      <div className="grid gap-5 sm:grid-cols-2">
        <TextField
          label="Host"
          isCode
          autoFocus={hasFocus}
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
        hint="May read, for what sessions clone, and write, for what they push. It is encrypted, and cannot be read again here."
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
    </GitFormFrame>
  );
}
