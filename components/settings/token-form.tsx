"use client";

import { useMutation } from "@tanstack/react-query";
import { useId, useState, type FormEvent } from "react";
import type { ApiScope } from "#lib/api-scope.ts";
import { API_TOKEN_NAME_MAX_CHARACTERS } from "#lib/limits.ts";
import { readError } from "#components/api/read-error.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { Button } from "#components/ui/button.tsx";
import { useNow } from "#components/ui/clock.tsx";
import { ErrorText, Field } from "#components/ui/field.tsx";
import { formatDay, lifetimesDays, lifetimeWords, type LifetimeDays } from "./expiry.ts";
import { ScopeFields } from "./scope-fields.tsx";
import { useFocusInvalid } from "./use-focus-invalid.ts";

const DAY_MS = 86_400_000;

export interface CreatedToken {
  name: string;
  scopes: readonly ApiScope[];
  /** Nobody can read it again. */
  secret: string;
}

interface TokenFormProps {
  onCreated: (token: CreatedToken) => void;
  onCancel: () => void;
}

/** Asks what a new token is for, what it may do and how long, and makes it. */
export function TokenForm({ onCreated, onCancel }: TokenFormProps) {
  const id = useId();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly ApiScope[]>(["ingest"]);
  const [expiresInDays, setExpiresInDays] = useState<LifetimeDays>(90);
  const [errors, setErrors] = useState<Record<string, string | undefined>>({});
  const formRef = useFocusInvalid(errors);
  const create = useMutation(
    useTRPC().token.create.mutationOptions({
      onSuccess: ({ secret }) => onCreated({ name: name.trim(), scopes, secret }),
      onError: (error) => {
        const { field, message } = readError(error);
        const isOurs = field === "name" || field === "scopes";
        setErrors({ [isOurs ? field : ""]: message });
      },
    }),
  );

  function submit(event: FormEvent) {
    event.preventDefault();
    if (create.isPending || create.isSuccess) return;
    const missing = {
      ...(name.trim() === "" && { name: "Give the token a name." }),
      ...(scopes.length === 0 && { scopes: "Choose at least one." }),
    };
    setErrors(missing);
    if (Object.keys(missing).length > 0) return;
    create.mutate({ name, scopes: [...scopes], expiresInDays });
  }

  return (
    <form
      ref={formRef}
      onSubmit={submit}
      aria-label="New token"
      aria-busy={create.isPending}
      className="flex flex-col gap-5 rounded border border-line bg-surface p-4"
    >
      <Field
        label="Name"
        controlId={`${id}-name`}
        error={errors["name"] ?? null}
        hint="The machine or program that gets it, to know it again."
      >
        <input
          autoFocus
          id={`${id}-name`}
          aria-describedby={`${id}-name-note`}
          aria-invalid={errors["name"] !== undefined}
          value={name}
          maxLength={API_TOKEN_NAME_MAX_CHARACTERS}
          autoComplete="off"
          onChange={(event) => setName(event.target.value)}
          className="field h-9 px-3 text-label pointer-coarse:h-11"
        />
      </Field>
      <ScopeFields chosen={scopes} onChange={setScopes} error={errors["scopes"] ?? null} />
      <LifetimeField days={expiresInDays} onChange={setExpiresInDays} />
      {errors[""] !== undefined && (
        <p className="text-label">
          <ErrorText>{errors[""]}</ErrorText>
        </p>
      )}
      <div className="flex justify-end gap-2 border-t border-line pt-4">
        <Button onClick={onCancel}>Cancel</Button>
        <Button type="submit" look="primary" disabled={create.isPending || create.isSuccess}>
          {create.isPending ? "Creating …" : "Create token"}
        </Button>
      </div>
    </form>
  );
}

interface LifetimeFieldProps {
  days: LifetimeDays;
  onChange: (days: LifetimeDays) => void;
}

function LifetimeField({ days, onChange }: LifetimeFieldProps) {
  const id = useId();
  const nowMs = useNow();
  const hint =
    days === null
      ? "Good until somebody revokes it. A token with an end does less harm when it is lost."
      : `Good until ${formatDay(nowMs + days * DAY_MS)}.`;
  return (
    <Field label="Expires" controlId={id} hint={hint}>
      <select
        id={id}
        aria-describedby={`${id}-note`}
        value={String(days)}
        onChange={({ target }) =>
          onChange(lifetimesDays.find((each) => String(each) === target.value) ?? null)
        }
        className="field h-9 w-44 px-2 text-label pointer-coarse:h-11"
      >
        {lifetimesDays.map((each) => (
          <option key={each} value={String(each)}>
            {lifetimeWords(each)}
          </option>
        ))}
      </select>
    </Field>
  );
}
