"use client";

import { useMutation } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useRef, useState } from "react";
import { useTRPC } from "#components/api/trpc.ts";
import { Button } from "#components/ui/button.tsx";
import { ConfirmDialog } from "#components/ui/confirm-dialog.tsx";
import { RelativeTime } from "#components/ui/relative-time.tsx";
import type { ProfileSummary } from "./profile-summary.ts";
import { SecretForm } from "./secret-form.tsx";
import { useFocusBack } from "../use-focus-back.ts";

interface SecretListProps {
  profile: ProfileSummary;
  onChanged: () => void;
}

/** The secrets of an environment: their names, and when they were set. Nobody reads a value again. */
export function SecretList({ profile, onChanged }: SecretListProps) {
  const { profileId, secrets, missing } = profile;
  const addRef = useRef<HTMLButtonElement>(null);
  const focusBack = useFocusBack(addRef);
  /** The secret that is being set: a name, or empty for a new one. */
  const [setting, setSetting] = useState<string | null>(null);
  const [removing, setRemoving] = useState<string | null>(null);
  const [outcome, setOutcome] = useState("");

  function done(words: string) {
    setSetting(null);
    setRemoving(null);
    setOutcome(words);
    if (words !== "") onChanged();
    focusBack();
  }

  return (
    <section aria-label={`Secrets of ${profile.name}`} className="flex flex-col gap-3">
      <div className="flex items-center justify-between gap-4">
        <h3 className="text-label font-medium">Secrets</h3>
        <Button ref={addRef} isSmall disabled={setting !== null} onClick={() => setSetting("")}>
          Add a secret
        </Button>
      </div>
      {secrets.length === 0 && setting === null && (
        <p className="text-meta text-faint">
          None. A secret is a variable whose value is encrypted, given to setup and agent, and shown
          to nobody.
        </p>
      )}
      {secrets.length > 0 && (
        <ul className="rounded border border-line">
          {secrets.map(({ name, setAt }) => (
            <li
              key={name}
              className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-3 py-2 last:border-b-0"
            >
              <KeyRound aria-hidden className="size-3.5 shrink-0 text-faint" />
              <code className="min-w-0 flex-1 basis-40 font-mono text-code break-all">{name}</code>
              <span className="text-meta text-faint">
                Set <RelativeTime iso={setAt} />
              </span>
              <Button isSmall aria-label={`Replace ${name}`} onClick={() => setSetting(name)}>
                Replace
              </Button>
              <Button isSmall aria-label={`Remove ${name}`} onClick={() => setRemoving(name)}>
                Remove
              </Button>
            </li>
          ))}
        </ul>
      )}
      {missing.length > 0 && (
        <p className="text-meta text-warning">
          {missing.map(({ name, server }) => `${server} needs ${name}`).join(", ")}. Until then no
          session starts with this environment.
        </p>
      )}
      {setting !== null && (
        <SecretForm
          key={setting}
          profileId={profileId}
          name={setting}
          onSet={(name) => done(`Secret ${name} is set.`)}
          onCancel={() => done("")}
        />
      )}
      {removing !== null && (
        <RemoveSecret
          profileId={profileId}
          name={removing}
          onRemoved={() => done(`Secret ${removing} was removed.`)}
          onClose={() => setRemoving(null)}
        />
      )}
      <p role="status" className="sr-only">
        {outcome}
      </p>
    </section>
  );
}

interface RemoveSecretProps {
  profileId: string;
  name: string;
  onRemoved: () => void;
  onClose: () => void;
}

function RemoveSecret({ profileId, name, onRemoved, onClose }: RemoveSecretProps) {
  const remove = useMutation(
    useTRPC().profile.removeSecret.mutationOptions({ onSuccess: onRemoved }),
  );
  return (
    <ConfirmDialog
      title="Remove this secret?"
      action="Remove"
      mutation={remove}
      onConfirm={() => remove.mutate({ profileId, name })}
      onClose={onClose}
    >
      Nobody can read the value of {name} again. Agents that run keep it until they end.
    </ConfirmDialog>
  );
}
