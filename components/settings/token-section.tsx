"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTRPC } from "#components/api/trpc.ts";
import { NewSecret } from "./new-secret.tsx";
import { RevokeDialog } from "./revoke-dialog.tsx";
import { NothingKept, SettingsSection } from "./settings-section.tsx";
import { TokenForm, type CreatedToken } from "./token-form.tsx";
import { TokenList } from "./token-list.tsx";
import type { TokenSummary } from "./token-summary.ts";
import { useFocusBack } from "./use-focus-back.ts";

/** The API tokens of whoever is signed in: makes, lists and revokes them. */
export function TokenSection({ initialTokens }: { initialTokens: TokenSummary[] }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const newRef = useRef<HTMLButtonElement>(null);
  const focusBack = useFocusBack(newRef);
  const [isMaking, setIsMaking] = useState(false);
  const [created, setCreated] = useState<CreatedToken | null>(null);
  const [revoking, setRevoking] = useState<TokenSummary | null>(null);
  const [outcome, setOutcome] = useState("");
  const { data, error, refetch } = useQuery(
    trpc.token.list.queryOptions(undefined, { initialData: initialTokens }),
  );
  const isOpen = isMaking || created !== null;

  const readAgain = () => void queryClient.invalidateQueries(trpc.token.list.queryFilter());

  function close() {
    setIsMaking(false);
    setCreated(null);
    focusBack();
  }

  function onRevoked(token: TokenSummary) {
    setRevoking(null);
    setOutcome(`Token “${token.name}” was revoked.`);
    readAgain();
    focusBack();
  }

  return (
    <SettingsSection
      id="api-tokens"
      title="API tokens"
      meaning={
        <>
          With a token a program does for you what you allow it, below{" "}
          <code className="font-mono text-meta">/api/v1</code>, without your sign-in.
        </>
      }
      addLabel="New token"
      addRef={newRef}
      isAdding={isOpen}
      onAdd={() => setIsMaking(true)}
      error={error}
      onRetry={() => void refetch()}
      outcome={outcome}
    >
      {created !== null && <NewSecret token={created} onDone={close} />}
      {isMaking && created === null && (
        <TokenForm
          onCancel={close}
          onCreated={(token) => {
            setCreated(token);
            readAgain();
          }}
        />
      )}
      {!isOpen && !data.some(({ isLive }) => isLive) && (
        <NothingKept>
          No program may act for you. Make a token for the machine that should bring sessions here.
        </NothingKept>
      )}
      <TokenList tokens={data} onRevoke={setRevoking} />
      {revoking !== null && (
        <RevokeDialog
          token={revoking}
          onRevoked={() => onRevoked(revoking)}
          onClose={() => setRevoking(null)}
        />
      )}
    </SettingsSection>
  );
}
