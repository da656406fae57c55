import { ChevronRight } from "lucide-react";
import { TokenRow } from "./token-row.tsx";
import type { TokenSummary } from "./token-summary.ts";

interface TokenListProps {
  tokens: readonly TokenSummary[];
  onRevoke: (token: TokenSummary) => void;
}

/** Tokens that are good, and folded below them those that ended. */
export function TokenList({ tokens, onRevoke }: TokenListProps) {
  const live = tokens.filter(({ isLive }) => isLive);
  const ended = tokens.filter(({ isLive }) => !isLive);
  return (
    <>
      {live.length > 0 && (
        <ul aria-label="API tokens" className="rounded border border-line bg-surface">
          {live.map((token) => (
            <TokenRow key={token.tokenId} token={token} onRevoke={() => onRevoke(token)} />
          ))}
        </ul>
      )}
      {ended.length > 0 && (
        <details className="group rounded border border-line">
          <summary className="flex items-center gap-1.5 rounded px-3 py-2 text-label text-soft marker:content-none hover:bg-hover">
            <ChevronRight
              aria-hidden
              className="size-4 shrink-0 transition-transform group-open:rotate-90"
            />
            {ended.length === 1 ? "One that ended" : `${ended.length} that ended`}
          </summary>
          <ul aria-label="Ended API tokens" className="border-t border-line">
            {ended.map((token) => (
              <TokenRow key={token.tokenId} token={token} onRevoke={() => onRevoke(token)} />
            ))}
          </ul>
        </details>
      )}
    </>
  );
}
