"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { readError } from "#components/api/read-error.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { LinesField, TextField } from "../profiles/text-fields.tsx";
import type { GitFormProps } from "./git-form.tsx";
import { GitFormFrame } from "./git-form-frame.tsx";

const empty = { host: "github.com", appId: "", installationId: "", apiUrl: "", privateKey: "" };

/** Takes the installation of a GitHub App. */
export function GitAppForm({ onSet, onCancel, hasFocus }: GitFormProps) {
  const [app, setApp] = useState(empty);
  const [errors, setErrors] = useState<Partial<Record<string, string>>>({});
  const set = useMutation(
    useTRPC().gitCredential.setApp.mutationOptions({
      onSuccess: () => onSet(app.host.trim()),
      onError: (error) => {
        const { field, message } = readError(error);
        setErrors({ [field !== null && field in empty ? field : "privateKey"]: message });
      },
    }),
  );

  function submit() {
    const { apiUrl, ...needed } = app;
    setErrors({});
    set.mutate({ ...needed, ...(apiUrl.trim() !== "" && { apiUrl }) });
  }

  const field = (name: keyof typeof empty) => ({
    value: app[name],
    error: errors[name],
    onChange: (value: string) => setApp((before) => ({ ...before, [name]: value })),
  });
  const isGitHub = app.host.trim() === "github.com" || app.host.trim() === "";
  return (
    <GitFormFrame
      label="Installation of a GitHub App"
      action="Set App"
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
          hint="github.com, or a GitHub Enterprise server"
          {...field("host")}
        />
        <TextField
          label="Address of the API"
          isCode
          placeholder={isGitHub ? "https://api.github.com" : `https://${app.host.trim()}/api/v3`}
          hint="Leave it empty unless yours is elsewhere."
          {...field("apiUrl")}
        />
        <TextField
          label="App ID"
          isCode
          hint="In the App's settings; its client ID will do."
          {...field("appId")}
        />
        <TextField
          label="Installation ID"
          isCode
          hint="The number at the end of the installation's address."
          {...field("installationId")}
        />
      </div>
      <LinesField
        label="Private key"
        placeholder="-----BEGIN RSA PRIVATE KEY-----"
        hint="The .pem file that GitHub gave. It is encrypted, and cannot be read again here. The App needs Contents: read, and write for what sessions push."
        {...field("privateKey")}
      />
    </GitFormFrame>
  );
}
