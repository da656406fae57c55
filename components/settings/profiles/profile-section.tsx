"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTRPC } from "#components/api/trpc.ts";
import { ConfirmDialog } from "#components/ui/confirm-dialog.tsx";
import { ProfileForm } from "./profile-form.tsx";
import { ProfileRow } from "./profile-row.tsx";
import type { ProfileSummary } from "./profile-summary.ts";
import { SecretList } from "./secret-list.tsx";
import { NothingKept, SettingsSection } from "../settings-section.tsx";
import { useFocusBack } from "../use-focus-back.ts";

interface ProfileSectionProps {
  initialProfiles: ProfileSummary[];
  /** What people call the agents, by id. */
  agentLabels: Readonly<Record<string, string>>;
}

const NEW = "new";

/** The team's environments: makes, lists, changes and deletes them. */
export function ProfileSection({ initialProfiles, agentLabels }: ProfileSectionProps) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const newRef = useRef<HTMLButtonElement>(null);
  const focusBack = useFocusBack(newRef);
  /** Id of the one whose form is open. */
  const [openId, setOpenId] = useState<string | null>(null);
  const [deleting, setDeleting] = useState<ProfileSummary | null>(null);
  const [outcome, setOutcome] = useState("");
  const { data, error, refetch } = useQuery(
    trpc.profile.list.queryOptions(undefined, { initialData: initialProfiles }),
  );

  const readAgain = () => void queryClient.invalidateQueries(trpc.profile.list.queryFilter());

  function close(words: string) {
    setOpenId(null);
    setDeleting(null);
    setOutcome(words);
    if (words !== "") readAgain();
    focusBack();
  }

  const form = (profile: ProfileSummary | null) => (
    <ProfileForm
      key={profile?.profileId ?? NEW}
      profile={profile}
      agentLabels={agentLabels}
      onSaved={(name) => close(`Environment “${name}” is saved.`)}
      onCancel={() => close("")}
    />
  );
  return (
    <SettingsSection
      id="environments"
      title="Environments"
      meaning="What sessions of a repository get beside it: variables, secrets, setup commands, agent, tools."
      addLabel="New environment"
      addRef={newRef}
      isAdding={openId !== null}
      onAdd={() => setOpenId(NEW)}
      error={error}
      onRetry={() => void refetch()}
      outcome={outcome}
    >
      {openId === NEW && (
        <div className="rounded border border-line bg-surface p-4">{form(null)}</div>
      )}
      {data.length === 0 && openId !== NEW && (
        <NothingKept>None. Sessions get what their start says, and nothing else.</NothingKept>
      )}
      {data.length > 0 && (
        <ul aria-label="Environments" className="rounded border border-line bg-surface">
          {data.map((profile) => (
            <li key={profile.profileId} className="border-b border-line p-3 last:border-b-0">
              {openId === profile.profileId ? (
                <div className="flex flex-col gap-6">
                  <SecretList profile={profile} onChanged={readAgain} />
                  {form(profile)}
                </div>
              ) : (
                <ProfileRow
                  profile={profile}
                  agentLabels={agentLabels}
                  onEdit={() => setOpenId(profile.profileId)}
                  onDelete={() => setDeleting(profile)}
                />
              )}
            </li>
          ))}
        </ul>
      )}
      {deleting !== null && (
        <DeleteDialog
          profile={deleting}
          onDeleted={() => close(`Environment “${deleting.name}” was deleted.`)}
          onClose={() => setDeleting(null)}
        />
      )}
    </SettingsSection>
  );
}

interface DeleteDialogProps {
  profile: ProfileSummary;
  onDeleted: () => void;
  onClose: () => void;
}

function DeleteDialog({ profile, onDeleted, onClose }: DeleteDialogProps) {
  const { profileId, name } = profile;
  const remove = useMutation(useTRPC().profile.delete.mutationOptions({ onSuccess: onDeleted }));
  return (
    <ConfirmDialog
      title="Delete this environment?"
      action="Delete"
      mutation={remove}
      onConfirm={() => remove.mutate({ profileId })}
      onClose={onClose}
    >
      The secrets of “{name}” go with it. Sessions that were started with it cannot go on once their
      agent has ended, until there is one of this name again.
    </ConfirmDialog>
  );
}
