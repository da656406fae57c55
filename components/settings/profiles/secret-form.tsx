"use client";

import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { readError } from "#components/api/read-error.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { Button } from "#components/ui/button.tsx";
import { LinesField, TextField } from "./text-fields.tsx";
import { useFocusInvalid } from "../use-focus-invalid.ts";

interface SecretFormProps {
  profileId: string;
  /** Empty for a new one. */
  name: string;
  onSet: (name: string) => void;
  onCancel: () => void;
}

/** Takes the value of a secret, of any lines. */
export function SecretForm({ profileId, name: given, onSet, onCancel }: SecretFormProps) {
  const [name, setName] = useState(given);
  const [value, setValue] = useState("");
  const [errors, setErrors] = useState<{ name?: string; value?: string }>({});
  const formRef = useFocusInvalid(errors);
  const set = useMutation(
    useTRPC().profile.setSecret.mutationOptions({
      onSuccess: () => onSet(name.trim()),
      onError: (error) => {
        const { field, message } = readError(error);
        setErrors({ [field === "name" ? "name" : "value"]: message });
      },
    }),
  );

  function submit(event: FormEvent) {
    event.preventDefault();
    if (set.isPending) return;
    const missing = {
      ...(name.trim() === "" && { name: "Name the variable." }),
      ...(value.trim() === "" && { value: "Paste the value." }),
    };
    setErrors(missing);
    // The value stays as it was pasted: the last newline of a key may count.
    if (Object.keys(missing).length === 0) set.mutate({ profileId, name: name.trim(), value });
  }

  const isNew = given === "";
  return (
    <form
      ref={formRef}
      onSubmit={submit}
      aria-label={isNew ? "New secret" : `New value of ${given}`}
      aria-busy={set.isPending}
      className="flex flex-col gap-4 rounded border border-line bg-sunken p-3"
    >
      {isNew && (
        <TextField
          label="Name of the secret"
          isCode
          autoFocus
          placeholder="API_TOKEN"
          value={name}
          error={errors.name}
          onChange={setName}
        />
      )}
      <LinesField
        label={isNew ? "Value" : `New value of ${given}`}
        value={value}
        error={errors.value}
        onChange={setValue}
        hint="It is encrypted, and cannot be read again here."
      />
      <div className="flex justify-end gap-2">
        <Button isSmall onClick={onCancel}>
          Cancel
        </Button>
        <Button isSmall type="submit" look="primary" disabled={set.isPending}>
          {set.isPending ? "Saving …" : "Set secret"}
        </Button>
      </div>
    </form>
  );
}
