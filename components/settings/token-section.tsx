"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { readError } from "#components/api/read-error.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { Button } from "#components/ui/button.tsx";
import { ErrorText } from "#components/ui/field.tsx";
import { useHydrated } from "#components/ui/use-hydrated.ts";
import { NewSecret } from "./new-secret.tsx";
import { RevokeDialog } from "./revoke-dialog.tsx";
import { TokenForm, type CreatedToken } from "./token-form.tsx";
import { TokenList } from "./token-list.tsx";
import type { TokenSummary } from "./token-summary.ts";

/** The API tokens of whoever is signed in: makes, lists and revokes them. */
export function TokenSection({ initialTokens }: { initialTokens: TokenSummary[] }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const isHydrated = useHydrated();
  const newRef = useRef<HTMLButtonElement>(null);
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
    // Enabled again by the time that the browser has drawn.
    requestAnimationFrame(() => newRef.current?.focus());
  }

  function onRevoked(token: TokenSummary) {
    setRevoking(null);
    setOutcome(`Token “${token.name}” was revoked.`);
    readAgain();
    // Its row is on the way out, with the button that was pressed.
    requestAnimationFrame(() => newRef.current?.focus());
  }

  return (
    <section aria-labelledby="api-tokens" className="flex flex-col gap-4">
      <div className="flex items-start justify-between gap-4">
        <div className="flex flex-col gap-1">
          <h2 id="api-tokens" className="text-heading font-semibold">
            API tokens
          </h2>
          <p className="max-w-prose text-label text-soft">
            With a token a program does for you what you allow it, below{" "}
            <code className="font-mono text-meta">/api/v1</code>, without your sign-in.
          </p>
        </div>
        <Button
          ref={newRef}
          look="primary"
          disabled={!isHydrated || isOpen}
          onClick={() => setIsMaking(true)}
        >
          New token
        </Button>
      </div>

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
      {error && (
        <div className="flex flex-col items-start gap-3 rounded border border-line p-4 text-label">
          <ErrorText>{readError(error).message}</ErrorText>
          <Button isSmall onClick={() => void refetch()}>
            Try again
          </Button>
        </div>
      )}
      {!isOpen && !data.some(({ isLive }) => isLive) && <NoTokens />}
      <TokenList tokens={data} onRevoke={setRevoking} />
      <p role="status" className="sr-only">
        {outcome}
      </p>
      {revoking !== null && (
        <RevokeDialog
          token={revoking}
          onRevoked={() => onRevoked(revoking)}
          onClose={() => setRevoking(null)}
        />
      )}
    </section>
  );
}

function NoTokens() {
  return (
    <p className="rounded border border-dashed border-line px-3 py-4 text-label text-faint">
      No program may act for you. Make a token for the machine that should bring sessions here.
    </p>
  );
}
