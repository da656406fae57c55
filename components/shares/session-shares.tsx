"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTRPC } from "#components/api/trpc.ts";
import { Button } from "#components/ui/button.tsx";
import { CopyShareButton } from "./copy-share-button.tsx";
import { ShareTimes } from "./share-times.tsx";
import { describeShare } from "./share-words.ts";

/** The links of this session that are open already; nothing when there are none. */
export function SessionShares({ sessionId }: { sessionId: string }) {
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const { data = [] } = useQuery(trpc.share.list.queryOptions({ sessionId }));
  const revoke = useMutation(
    trpc.share.revoke.mutationOptions({
      onSuccess: () => queryClient.invalidateQueries(trpc.share.list.queryFilter()),
    }),
  );
  const open = data.filter(({ state }) => state === "open");
  if (open.length === 0) return null;
  return (
    <section aria-labelledby="session-shares" className="flex flex-col gap-1.5">
      <h3 id="session-shares" className="text-label font-medium">
        Shared already
      </h3>
      <ul className="rounded border border-line">
        {open.map((share) => (
          <li
            key={share.shareId}
            className="flex flex-wrap items-center gap-2 border-b border-line px-3 py-2 last:border-b-0"
          >
            <div className="flex min-w-0 flex-1 basis-60 flex-col gap-0.5">
              <p className="text-meta text-soft">{describeShare(share)}</p>
              <ShareTimes share={share} />
            </div>
            <div className="flex gap-2">
              {share.isOwn && <CopyShareButton shareId={share.shareId} title={share.title} />}
              <Button
                isSmall
                disabled={revoke.isPending}
                onClick={() => revoke.mutate({ shareId: share.shareId })}
              >
                Take back
              </Button>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
