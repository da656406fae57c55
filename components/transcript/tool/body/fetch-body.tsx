import { Markdown } from "#components/markdown/markdown.tsx";
import { safeLink } from "#components/markdown/safe-link.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { readText } from "#lib/json.ts";
import { InputFacts } from "./input-facts.tsx";
import { ToolResult, type BodyProps } from "./tool-result.tsx";

/** More of a page is shown as plain text. UTF-16 units. */
const PROSE_MAX_LENGTH = 60_000;

/** A page of the web, or what a search there found. */
export function FetchBody({ partId, call }: BodyProps) {
  const url = readText(call.input, "url") ?? readText(call.input, "uri") ?? "";
  const address = safeLink(url);
  const isProse =
    call.output.length <= PROSE_MAX_LENGTH && !/^\s*(?:<!doctype|<html|[{[])/i.test(call.output);
  return (
    <>
      {address !== null && (
        <p className="truncate text-label">
          <a
            href={address}
            target="_blank"
            rel="noopener noreferrer nofollow ugc"
            className="text-accent underline decoration-1 underline-offset-2"
          >
            {visibleText(url)}
          </a>
        </p>
      )}
      <InputFacts call={call} told={address === null ? [] : ["url", "uri"]} />
      <ToolResult
        partId={partId}
        call={call}
        output={
          isProse && call.error === null ? (
            <div
              role="group"
              aria-label="Result"
              tabIndex={0}
              className="max-h-[50dvh] overflow-auto rounded-sm bg-sunken px-3 py-2 text-label"
            >
              <Markdown text={call.output} />
            </div>
          ) : undefined
        }
      />
    </>
  );
}
