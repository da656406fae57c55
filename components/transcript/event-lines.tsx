import clsx from "clsx";
import { FoldVertical, Info, RotateCw, TriangleAlert } from "lucide-react";
import { readNumber, readObject, readText, type JsonObject } from "#components/session/json.ts";
import { visibleText } from "#components/format/visible-text.ts";

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
        aria-label={severity}
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

/** The agent shortened its own context: what came before it remembers as a summary only. */
export function Compaction({ data }: { data: JsonObject }) {
  const summary = readText(data, "summary");
  return (
    <div className="flex flex-col gap-1 border-y border-dashed border-line py-2 text-meta text-faint">
      <p className="flex items-center gap-2">
        <FoldVertical aria-hidden className="size-3.5" />
        The agent shortened its memory of everything above
      </p>
      {summary !== null && <p className="ml-5.5 text-soft">{visibleText(summary)}</p>}
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
