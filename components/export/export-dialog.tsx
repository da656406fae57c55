"use client";

import { useQuery } from "@tanstack/react-query";
import { useAtomValue } from "jotai";
import { Download } from "lucide-react";
import { useId, useState } from "react";
import { type ExportFormat, exportFormats, type ExportRefs, exportRefs } from "#lib/export.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { formatBytes } from "#components/format/format-bytes.ts";
import { sessionIdAtom } from "#components/session/session-atoms.ts";
import { Choice } from "#components/shares/choice.tsx";
import { Button } from "#components/ui/button.tsx";
import { Dialog } from "#components/ui/dialog.tsx";
import { Field } from "#components/ui/field.tsx";
import { formatWords, hasRefs, plural, refsWords, sizeWords } from "./export-words.ts";

/** Asks in which form, says what will be in the file and about how large it is, and starts the download. */
export function ExportDialog({ onClose }: { onClose: () => void }) {
  const sessionId = useAtomValue(sessionIdAtom);
  const [format, setFormat] = useState<ExportFormat>("json");
  const [refs, setRefs] = useState<ExportRefs>("inline");
  const measure = useQuery(useTRPC().export.measure.queryOptions({ sessionId })).data;
  const hasChoice = hasRefs(format) && (measure?.blobCount ?? 0) > 0;

  function download() {
    const query = new URLSearchParams({ format, ...(hasChoice && { refs }) });
    const link = document.createElement("a");
    link.href = `/api/v1/sessions/${sessionId}/export?${query.toString()}`;
    link.download = "";
    link.click();
    onClose();
  }

  return (
    <Dialog title="Export this session" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          download();
        }}
        className="flex max-h-[75dvh] flex-col gap-4 overflow-y-auto p-4"
      >
        <fieldset className="flex flex-col">
          <legend className="mb-1 text-label font-medium">Form</legend>
          {exportFormats.map((each) => (
            <Choice
              key={each}
              type="radio"
              name="format"
              {...formatWords[each]}
              isChosen={each === format}
              onChange={() => setFormat(each)}
            />
          ))}
        </fieldset>
        {hasChoice && measure && (
          <RefsField
            refs={refs}
            hint={`${plural(measure.blobCount, "item")} above 2 MB, ${formatBytes(measure.blobBytes)} together.`}
            onChange={setRefs}
          />
        )}
        <p aria-live="polite" className="min-h-4 text-meta text-soft">
          {measure && sizeWords(measure, format, hasChoice ? refs : "inline")}
        </p>
        <div className="flex justify-end gap-2 border-t border-line pt-4">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" data-first-focus>
            <Download aria-hidden className="size-4" /> Download
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface RefsFieldProps {
  refs: ExportRefs;
  hint: string;
  onChange: (refs: ExportRefs) => void;
}

function RefsField({ refs, hint, onChange }: RefsFieldProps) {
  const id = useId();
  return (
    <Field label="Large items" controlId={id} hint={hint}>
      <select
        id={id}
        aria-describedby={`${id}-note`}
        value={refs}
        onChange={({ target }) =>
          onChange(exportRefs.find((each) => each === target.value) ?? "inline")
        }
        className="field h-9 px-2 text-label pointer-coarse:h-11"
      >
        {exportRefs.map((each) => (
          <option key={each} value={each}>
            {refsWords[each]}
          </option>
        ))}
      </select>
    </Field>
  );
}
