import { visibleText } from "#components/format/visible-text.ts";
import { formatCount } from "#components/format/format-count.ts";
import { readMatches, type FileMatches } from "../read-matches.ts";
import { shortenPath } from "#lib/changes/shorten-path.ts";
import { InputFacts } from "./input-facts.tsx";
import { ToolResult, type BodyProps } from "./tool-result.tsx";

const LINE_MAX_LENGTH = 1_000;
const ROWS_MAX = 1_000;

/** What a search found, by file. */
export function SearchBody({ partId, call }: BodyProps) {
  const files = readMatches(call.output);
  return (
    <>
      <InputFacts call={call} />
      <ToolResult
        partId={partId}
        call={call}
        output={files !== null && call.error === null ? <Matches files={files} /> : undefined}
      />
    </>
  );
}

function Matches({ files }: { files: readonly FileMatches[] }) {
  const count = files.reduce((sum, { lines }) => sum + lines.length, 0);
  return (
    <div
      role="group"
      aria-label="Matches"
      tabIndex={0}
      className="flex max-h-[50dvh] flex-col gap-2 overflow-auto rounded-sm bg-sunken px-3 py-2 text-code"
    >
      <p className="text-meta text-faint">
        {count === 1 ? "1 match" : `${count.toLocaleString("en")} matches`} in{" "}
        {formatCount(files.length, "file")}
        {count > ROWS_MAX && `, the first ${ROWS_MAX.toLocaleString("en")} are shown`}
      </p>
      {firstRows(files).map(({ path, lines }) => (
        <section key={path}>
          <h4 className="font-mono [overflow-wrap:anywhere] text-ink">
            {visibleText(shortenPath(path))}
          </h4>
          {lines.map(({ number, text }, index) => (
            <p key={index} className="flex gap-3 font-mono text-soft">
              <span className="w-10 shrink-0 text-right text-faint tabular select-none">
                {number}
              </span>
              <span className="min-w-0 [overflow-wrap:anywhere] whitespace-pre-wrap">
                {visibleText(text.slice(0, LINE_MAX_LENGTH))}
              </span>
            </p>
          ))}
        </section>
      ))}
    </div>
  );
}

/** As many files, and lines of the last one, as there is room for. */
function firstRows(files: readonly FileMatches[]): FileMatches[] {
  const shown: FileMatches[] = [];
  let left = ROWS_MAX;
  for (const { path, lines } of files) {
    if (left > 0) shown.push({ path, lines: lines.slice(0, left) });
    left -= lines.length;
  }
  return shown;
}
