import type { MarkedToken, Token } from "marked";
import type { ReactNode } from "react";
import { visibleText } from "#components/format/visible-text.ts";
import { Embedded } from "#components/transcript/picture/picture.tsx";
import { decodeEntities } from "./decode-entities.ts";
import type { FootnoteMarkToken } from "./footnotes.ts";
import { Link } from "./link.tsx";

/** Other pictures have a host, who would be told who reads. */
const isEmbedded = (href: string) => /^data:image\//i.test(href);

/**
 * Draws inline tokens. HTML stays text; pictures from elsewhere become links, those in the text itself are drawn.
 * Functions, not components: an answer has hundreds of tokens, and each component costs as much as its element.
 */
export function drawInline(tokens: readonly Token[] | undefined): ReactNode {
  if (tokens === undefined) return null;
  const [first] = tokens;
  if (first !== undefined && tokens.length === 1) return drawToken(first as InlineToken, 0);
  return tokens.map((token, index) => drawToken(token as InlineToken, index));
}

type InlineToken = MarkedToken | FootnoteMarkToken;

function drawToken(token: InlineToken, key: number): ReactNode {
  switch (token.type) {
    case "text":
      return token.tokens ? drawInline(token.tokens) : visibleText(decodeEntities(token.text));
    case "strong":
      return (
        <strong key={key} className="font-semibold">
          {drawInline(token.tokens)}
        </strong>
      );
    case "em":
      return <em key={key}>{drawInline(token.tokens)}</em>;
    case "del":
      return <del key={key}>{drawInline(token.tokens)}</del>;
    case "codespan":
      return (
        <code
          key={key}
          className="rounded-sm bg-sunken px-1 py-0.5 font-mono text-[0.875em] break-words"
        >
          {visibleText(token.text)}
        </code>
      );
    case "br":
      return <br key={key} />;
    case "link":
      return (
        <Link key={key} href={token.href}>
          {drawInline(token.tokens)}
        </Link>
      );
    case "image":
      if (isEmbedded(token.href))
        return <Embedded key={key} url={token.href} name={visibleText(token.text) || "Picture"} />;
      return (
        <Link key={key} href={token.href}>
          {visibleText(`Picture: ${token.text || token.href.slice(0, 200)}`)}
        </Link>
      );
    case "footnote-mark":
      return <sup key={key}>{visibleText(token.label)}</sup>;
    case "checkbox":
      return null;
    case "escape":
      return visibleText(token.text);
    default:
      return visibleText(token.raw);
  }
}
