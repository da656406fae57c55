import type { ShareSummary } from "#server/shares/list-shares.ts";
import { formatDay } from "#components/settings/expiry.ts";
import { RelativeTime } from "#components/ui/relative-time.tsx";

/** When a share was made, how long it opens, and how often it was opened. */
export function ShareTimes({ share }: { share: ShareSummary }) {
  return (
    <p className="flex flex-wrap gap-x-4 gap-y-0.5 text-meta text-faint tabular">
      <span>
        Made <RelativeTime iso={share.createdAt} />
      </span>
      <span>
        <ShareEnd share={share} />
      </span>
      <span>
        {share.lastViewedAt === null ? (
          "Never opened"
        ) : (
          <>
            Opened {share.viewCount === 1 ? "once" : `${share.viewCount} times`}, last{" "}
            <RelativeTime iso={share.lastViewedAt} />
          </>
        )}
      </span>
      {!share.isOwn && <span>Somebody else’s</span>}
    </p>
  );
}

function ShareEnd({ share: { state, expiresAt, revokedAt } }: { share: ShareSummary }) {
  if (revokedAt !== null)
    return (
      <>
        Taken back <RelativeTime iso={revokedAt} />
      </>
    );
  if (state === "hidden") return "Opens nothing: its session is deleted or in the trash";
  if (expiresAt === null) return "Until taken back";
  const words = state === "expired" ? "Ended" : "Until";
  return (
    <>
      {words} <time dateTime={expiresAt}>{formatDay(Date.parse(expiresAt))}</time>
    </>
  );
}
