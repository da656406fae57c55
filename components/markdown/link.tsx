import type { ReactNode } from "react";
import { visibleText } from "#components/format/visible-text.ts";
import { safeLink } from "./safe-link.ts";

/** So much of an address that nobody may follow is told; the rest may be megabytes of data. */
const TOLD_MAX_LENGTH = 300;

/** A link that may be followed, or what it says with where it pointed to. */
export function Link({ href, children }: { href: string; children: ReactNode }) {
  const address = safeLink(href);
  if (address === null)
    return <span title={visibleText(href.slice(0, TOLD_MAX_LENGTH))}>{children}</span>;
  return (
    <a
      href={address}
      target="_blank"
      rel="noopener noreferrer nofollow ugc"
      className="text-accent underline decoration-1 underline-offset-2 hover:text-accent-strong"
    >
      {children}
    </a>
  );
}
