import type { MarkedToken, Token } from "marked";
import type { ReactNode } from "react";
import { visibleText } from "#components/format/visible-text.ts";
import { decodeEntities } from "./decode-entities.ts";
import { safeLink } from "./safe-link.ts";

/** Draws inline tokens. HTML stays text; pictures become links, because loading them would tell their host who reads. */
export function Inline({ tokens }: { tokens: readonly Token[] | undefined }): ReactNode {
  return tokens?.map((token, index) => <InlineToken key={index} token={token as MarkedToken} />);
}

function InlineToken({ token }: { token: MarkedToken }): ReactNode {
  switch (token.type) {
    case "strong":
      return (
        <strong className="font-semibold">
          <Inline tokens={token.tokens} />
        </strong>
      );
    case "em":
      return (
        <em>
          <Inline tokens={token.tokens} />
        </em>
      );
    case "del":
      return (
        <del>
          <Inline tokens={token.tokens} />
        </del>
      );
    case "codespan":
      return (
        <code className="rounded-sm bg-sunken px-1 py-0.5 font-mono text-[0.875em] break-words">
          {visibleText(token.text)}
        </code>
      );
    case "br":
      return <br />;
    case "link":
      return (
        <SafeLink href={token.href}>
          <Inline tokens={token.tokens} />
        </SafeLink>
      );
    case "image":
      return (
        <SafeLink href={token.href}>{visibleText(`Picture: ${token.text || token.href}`)}</SafeLink>
      );
    case "checkbox":
      return null;
    case "text":
      return token.tokens ? (
        <Inline tokens={token.tokens} />
      ) : (
        visibleText(decodeEntities(token.text))
      );
    case "escape":
      return visibleText(token.text);
    default:
      return visibleText(token.raw);
  }
}

function SafeLink({ href, children }: { href: string; children: ReactNode }) {
  const address = safeLink(href);
  // A link that nobody may follow shows where it pointed to instead.
  if (address === null) return <span title={href}>{children}</span>;
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
