import { Ban, Clock, TriangleAlert } from "lucide-react";
import clsx from "clsx";
import type { ReactNode } from "react";
import { Button } from "#components/ui/button.tsx";
import { useNow } from "#components/ui/clock.tsx";
import { RelativeTime } from "#components/ui/relative-time.tsx";
import { expiryOf } from "./expiry.ts";
import { scopeWords } from "./scope-words.ts";
import type { TokenSummary } from "./token-summary.ts";

interface TokenRowProps {
  token: TokenSummary;
  onRevoke: () => void;
}

/** One token: what it may do, since when, until when and whether somebody uses it. */
export function TokenRow({ token, onRevoke }: TokenRowProps) {
  const { name, scopes, createdAt, lastUsedAt, isLive } = token;
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-3 py-3 last:border-b-0">
      <div className="flex min-w-0 flex-1 basis-60 flex-col gap-1">
        <p className="flex flex-wrap items-baseline gap-x-3">
          <span className={clsx("min-w-0 font-medium break-words", !isLive && "text-soft")}>
            {name}
          </span>
          <span className="text-meta text-soft">
            {scopes.map((scope) => scopeWords[scope].label).join(" · ")}
          </span>
        </p>
        <p className="flex flex-wrap gap-x-4 gap-y-0.5 text-meta text-faint tabular">
          {isLive ? <Expiry expiresAt={token.expiresAt} /> : <Ending token={token} />}
          <span>
            {lastUsedAt === null ? (
              "Never used"
            ) : (
              <>
                Last used <RelativeTime iso={lastUsedAt} />
              </>
            )}
          </span>
          <span>
            Created <RelativeTime iso={createdAt} />
          </span>
        </p>
      </div>
      {isLive && (
        <Button isSmall aria-label={`Revoke ${name}`} onClick={onRevoke}>
          Revoke
        </Button>
      )}
    </li>
  );
}

function Expiry({ expiresAt }: { expiresAt: string | null }) {
  const nowMs = useNow();
  if (expiresAt === null) return <span>Never expires</span>;
  const { words, isSoon } = expiryOf(expiresAt, nowMs);
  return (
    <Mark icon={isSoon && <TriangleAlert />} className={clsx(isSoon && "text-warning")}>
      Expires <time dateTime={expiresAt}>{words}</time>
    </Mark>
  );
}

function Ending({ token: { revokedAt, expiresAt } }: { token: TokenSummary }) {
  if (revokedAt !== null) {
    return (
      <Mark icon={<Ban />}>
        Revoked <RelativeTime iso={revokedAt} />
      </Mark>
    );
  }
  return (
    <Mark icon={<Clock />}>Expired {expiresAt !== null && <RelativeTime iso={expiresAt} />}</Mark>
  );
}

interface MarkProps {
  icon: ReactNode;
  className?: string | undefined;
  children: ReactNode;
}

function Mark({ icon, className, children }: MarkProps) {
  return (
    <span className={clsx("inline-flex items-center gap-1.5", className)}>
      {icon && (
        <span aria-hidden className="[&>svg]:size-3.5">
          {icon}
        </span>
      )}
      <span>{children}</span>
    </span>
  );
}
