import clsx from "clsx";
import {
  Bot,
  ChevronRight,
  CircleX,
  FilePen,
  FoldVertical,
  Info,
  RotateCw,
  TriangleAlert,
} from "lucide-react";
import { describeCompaction } from "#lib/compaction.ts";
import { readList, readNumber, readObject, readText, type JsonObject } from "#lib/json.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { shortenPath } from "#lib/changes/shorten-path.ts";

/** Something that the agent wants people to know. */
export function Notice({ data }: { data: JsonObject }) {
  const severity = readText(data, "severity") ?? "info";
  const isSerious = severity === "error" || severity === "warning";
  const Icon = isSerious ? TriangleAlert : Info;
  return (
    <div
      className={clsx(
        "flex items-start gap-2.5 rounded border px-3 py-2 text-label",
        isSerious ? "border-warning" : "border-line",
      )}
    >
      <Icon
        aria-label={visibleText(severity)}
        className={clsx("mt-0.5 size-4 shrink-0", isSerious ? "text-warning" : "text-faint")}
      />
      <div className="min-w-0">
        <p className="font-medium">
          {visibleText(readText(data, "title") ?? "Notice of the agent")}
        </p>
        <p className="text-soft">{visibleText(readText(data, "description") ?? "")}</p>
      </div>
    </div>
  );
}

/** The agent shortened its own context: what came before, it remembers as a summary only. */
export function Compaction({ data, isTurnRunning }: { data: JsonObject; isTurnRunning: boolean }) {
  const summary = readText(data, "summary");
  return (
    <div className="flex flex-col gap-1 border-y border-dashed border-line py-2 text-meta text-faint">
      <p className="flex items-start gap-2">
        <FoldVertical aria-hidden className="mt-px size-3.5 shrink-0" />
        <span className="min-w-0 tabular [overflow-wrap:anywhere]">
          {visibleText(describeCompaction(data, { isTurnRunning }))}
        </span>
      </p>
      {summary && (
        <details className="group ml-5.5">
          <summary className="inline-flex items-center gap-1 rounded marker:content-none hover:text-ink">
            <ChevronRight
              aria-hidden
              className="size-3.5 transition-transform group-open:rotate-90"
            />
            What it remembers
          </summary>
          <p className="max-h-60 overflow-auto whitespace-pre-wrap text-soft [overflow-wrap:anywhere]">
            {visibleText(summary)}
          </p>
        </details>
      )}
    </div>
  );
}

/** The agent's provider failed and was asked again. */
export function Retry({ data }: { data: JsonObject }) {
  const error = readObject(data, "error");
  const message = readText(readObject(error, "data"), "message") ?? readText(error, "message");
  return (
    <p className="flex items-center gap-2 text-label text-warning">
      <RotateCw aria-hidden className="size-4 shrink-0" />
      Asked the model again (attempt {readNumber(data, "attempt") ?? "?"})
      {message === null ? "" : `: ${visibleText(message)}`}
    </p>
  );
}

/** Something failed, and the agent stored why. */
export function Failure({ data }: { data: JsonObject }) {
  const error = readObject(data, "error");
  const message =
    readText(readObject(error, "data"), "message") ??
    readText(error, "message") ??
    readText(data, "message") ??
    readText(data, "error") ??
    "The agent failed and did not say why";
  return (
    <p className="flex items-start gap-2 text-label text-danger">
      <CircleX aria-hidden className="mt-0.5 size-4 shrink-0" />
      <span className="min-w-0 [overflow-wrap:anywhere]">{visibleText(message)}</span>
    </p>
  );
}

const FILES_MAX = 200;

/** Files that a step changed, as the agent's own record says. */
export function ChangedFiles({ data }: { data: JsonObject }) {
  const files = readList(data, "files").filter((file) => typeof file === "string");
  return (
    <div className="flex items-start gap-2 text-meta text-faint">
      <FilePen aria-hidden className="mt-px size-3.5 shrink-0" />
      <ul aria-label="Changed files" className="min-w-0 font-mono">
        {files.slice(0, FILES_MAX).map((file, index) => (
          <li key={index} className="truncate">
            {visibleText(shortenPath(file))}
          </li>
        ))}
        {files.length > FILES_MAX && <li>and {files.length - FILES_MAX} more</li>}
        {files.length === 0 && <li className="font-sans">No files named</li>}
      </ul>
    </div>
  );
}

/** Who goes on. */
export function AgentName({ data }: { data: JsonObject }) {
  return (
    <p className="flex items-center gap-2 text-meta text-faint">
      <Bot aria-hidden className="size-3.5" />
      Agent {visibleText(readText(data, "name") ?? "without a name")}
    </p>
  );
}
