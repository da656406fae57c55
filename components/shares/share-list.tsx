"use client";

import { useQuery } from "@tanstack/react-query";
import clsx from "clsx";
import Link from "next/link";
import { useState } from "react";
import type { ShareSummary } from "#server/shares/list-shares.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { QueryNotice } from "#components/ingest/query-notice.tsx";
import { Button } from "#components/ui/button.tsx";
import { CopyShareButton } from "./copy-share-button.tsx";
import { ReplaceShareDialog, RevokeShareDialog } from "./share-end-dialogs.tsx";
import { ShareTimes } from "./share-times.tsx";
import { describeShare } from "./share-words.ts";

/** Somebody's shares with what can be done with them: copied again, given another link, and taken back. */
export function ShareList({ initialShares }: { initialShares: ShareSummary[] }) {
  const trpc = useTRPC();
  const [revoking, setRevoking] = useState<ShareSummary | null>(null);
  const [replacing, setReplacing] = useState<ShareSummary | null>(null);
  // A button that has copied the old link has not copied the new one.
  const [replacedCount, setReplacedCount] = useState(0);
  const [outcome, setOutcome] = useState("");
  const { data, error, refetch } = useQuery(
    trpc.share.list.queryOptions({}, { initialData: initialShares }),
  );
  const open = data.filter(({ state }) => state === "open" || state === "hidden");
  const over = data.filter(({ state }) => state === "expired" || state === "revoked");
  return (
    <div className="flex flex-col gap-6">
      {error && <QueryNotice error={error} onRetry={() => void refetch()} />}
      {open.length === 0 && (
        <p className="rounded border border-dashed border-line px-3 py-4 text-label text-faint">
          Nothing of yours is shared. Open a session and press <kbd className="font-mono">s</kbd>,
          or choose Share in its menu.
        </p>
      )}
      {open.length > 0 && (
        <ul aria-label="Shares" className="rounded border border-line bg-surface">
          {open.map((share) => (
            <ShareRow
              key={share.shareId}
              share={share}
              linkNumber={replacedCount}
              actions={{ revoke: () => setRevoking(share), replace: () => setReplacing(share) }}
            />
          ))}
        </ul>
      )}
      {over.length > 0 && (
        <section aria-labelledby="ended-shares" className="flex flex-col gap-2">
          <h2 id="ended-shares" className="text-label font-medium text-soft">
            Ended
          </h2>
          <ul aria-label="Ended shares" className="rounded border border-line">
            {over.map((share) => (
              <ShareRow key={share.shareId} share={share} linkNumber={0} actions={null} />
            ))}
          </ul>
        </section>
      )}
      <p role="status" className="sr-only">
        {outcome}
      </p>
      {revoking !== null && (
        <RevokeShareDialog
          share={revoking}
          onRevoked={() => {
            setRevoking(null);
            setOutcome(`The share of “${visibleText(revoking.title)}” was taken back.`);
          }}
          onClose={() => setRevoking(null)}
        />
      )}
      {replacing !== null && (
        <ReplaceShareDialog
          share={replacing}
          onReplaced={() => {
            setReplacing(null);
            setReplacedCount(replacedCount + 1);
            setOutcome(`The link to “${visibleText(replacing.title)}” was replaced.`);
          }}
          onClose={() => setReplacing(null)}
        />
      )}
    </div>
  );
}

interface ShareRowProps {
  share: ShareSummary;
  linkNumber: number;
  /** Null for one that is over. */
  actions: { revoke: () => void; replace: () => void } | null;
}

function ShareRow({ share, linkNumber, actions }: ShareRowProps) {
  const isOver = actions === null;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-3 py-3 last:border-b-0">
      <div className="flex min-w-0 flex-1 basis-60 flex-col gap-1">
        <p className={clsx("min-w-0 font-medium break-words", isOver && "text-soft")}>
          {share.state === "hidden" ? (
            visibleText(share.title)
          ) : (
            <Link href={`/sessions/${share.sessionId}`} className="rounded hover:underline">
              {visibleText(share.title)}
            </Link>
          )}
        </p>
        <p className="text-meta text-soft">{describeShare(share)}</p>
        <ShareTimes share={share} />
      </div>
      {actions !== null && (
        <div className="flex flex-wrap gap-2">
          {share.isOwn && (
            <>
              <CopyShareButton key={linkNumber} shareId={share.shareId} title={share.title} />
              <Button
                isSmall
                aria-label={`Replace link: ${visibleText(share.title)}`}
                onClick={actions.replace}
              >
                Replace link
              </Button>
            </>
          )}
          <Button
            isSmall
            aria-label={`Take back: ${visibleText(share.title)}`}
            onClick={actions.revoke}
          >
            Take back
          </Button>
        </div>
      )}
    </li>
  );
}
