"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTRPC } from "#components/api/trpc.ts";
import { Button } from "#components/ui/button.tsx";
import { ConfirmDialog } from "#components/ui/confirm-dialog.tsx";
import { RelativeTime } from "#components/ui/relative-time.tsx";
import type { GitCredentialSummary } from "./git-credential-summary.ts";
import { GitForm } from "./git-form.tsx";
import { NothingKept, SettingsSection } from "../settings-section.tsx";
import { useFocusBack } from "../use-focus-back.ts";

/** What git servers know the team by: sets, lists and removes it. */
export function GitSection({ initialCredentials }: { initialCredentials: GitCredentialSummary[] }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const newRef = useRef<HTMLButtonElement>(null);
  const focusBack = useFocusBack(newRef);
  const [isSetting, setIsSetting] = useState(false);
  const [removing, setRemoving] = useState<string | null>(null);
  const [outcome, setOutcome] = useState("");
  const { data, error, refetch } = useQuery(
    trpc.gitCredential.list.queryOptions(undefined, { initialData: initialCredentials }),
  );

  function close(words: string) {
    setIsSetting(false);
    setRemoving(null);
    setOutcome(words);
    if (words !== "") void queryClient.invalidateQueries(trpc.gitCredential.list.queryFilter());
    focusBack();
  }

  return (
    <SettingsSection
      id="git-credentials"
      title="Git credentials"
      meaning="A token or a GitHub App for each git server that has private repositories, or takes branches. Git gets it to clone, fetch and push; agents do not."
      addLabel="Add a credential"
      addRef={newRef}
      isAdding={isSetting}
      onAdd={() => setIsSetting(true)}
      error={error}
      onRetry={() => void refetch()}
      outcome={outcome}
    >
      {isSetting && (
        <GitForm
          onSet={(host) => close(`The credential for ${host} is set.`)}
          onCancel={() => close("")}
        />
      )}
      {data.length === 0 && !isSetting && (
        <NothingKept>None. Only repositories that are open to everybody can be cloned.</NothingKept>
      )}
      {data.length > 0 && (
        <ul aria-label="Git credentials" className="rounded border border-line bg-surface">
          {data.map(({ host, username, app, setAt }) => (
            <li
              key={host}
              className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line p-3 last:border-b-0"
            >
              <span className="min-w-0 flex-1 basis-48 font-medium break-all">{host}</span>
              <span className="text-meta text-faint">
                {app === null
                  ? `as ${username}`
                  : `GitHub App ${app.appId}, installation ${app.installationId}`}
                , set <RelativeTime iso={setAt} />
              </span>
              <Button isSmall aria-label={`Remove ${host}`} onClick={() => setRemoving(host)}>
                Remove
              </Button>
            </li>
          ))}
        </ul>
      )}
      {removing !== null && (
        <RemoveDialog
          host={removing}
          onRemoved={() => close(`The credential for ${removing} was removed.`)}
          onClose={() => setRemoving(null)}
        />
      )}
    </SettingsSection>
  );
}

interface RemoveDialogProps {
  host: string;
  onRemoved: () => void;
  onClose: () => void;
}

function RemoveDialog({ host, onRemoved, onClose }: RemoveDialogProps) {
  const remove = useMutation(
    useTRPC().gitCredential.remove.mutationOptions({ onSuccess: onRemoved }),
  );
  return (
    <ConfirmDialog
      title="Remove this credential?"
      action="Remove"
      mutation={remove}
      onConfirm={() => remove.mutate({ host })}
      onClose={onClose}
    >
      Private repositories on {host} can then no longer be cloned, and nothing can be pushed there.
      The token or key itself stays good until it is revoked there.
    </ConfirmDialog>
  );
}
