"use client";

import { useAtom, useAtomValue } from "jotai";
import { FolderDown, Search } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { outputKinds, type OutputKind } from "#lib/output-kind.ts";
import { ingestSectionAtom } from "#components/ingest/ingest-atoms.ts";
import { SideSheet } from "#components/ingest/side-sheet.tsx";
import { isOutputsOpenAtom, sessionStateAtom } from "#components/session/session-atoms.ts";
import { OutputList } from "./output-list.tsx";
import { kindWords } from "./output-words.ts";

const TEXT_MAX_CHARACTERS = 200;

/** Everything that came out of the session, newest first; nothing until somebody asks. */
export function OutputsPanel() {
  const [isOpen, setIsOpen] = useAtom(isOutputsOpenAtom);
  const hasOtherPanel = useAtomValue(ingestSectionAtom) !== null;
  if (!isOpen || hasOtherPanel) return null;
  return (
    <SideSheet title="Outputs" onClose={() => setIsOpen(false)}>
      <PanelBody />
    </SideSheet>
  );
}

function PanelBody() {
  const { sessionId, outputs } = useAtomValue(sessionStateAtom);
  const [kind, setKind] = useState<OutputKind | "all">("all");
  const [text, setText] = useState("");
  const asked = useDeferredValue(text.trim());
  if (outputs.count === 0)
    return (
      <p className="px-5 py-4 text-label text-faint">
        Nothing has come out yet. What the agent writes under <code>outputs/</code>, and what its
        tools send, stands here while it is made.
      </p>
    );
  return (
    <>
      <div className="flex flex-wrap gap-2 border-b border-line px-5 py-3">
        <label className="field flex h-9 min-w-40 flex-1 items-center gap-2 px-2 pointer-coarse:h-11">
          <Search aria-hidden className="size-4 shrink-0 text-faint" />
          <span className="sr-only">Find by name</span>
          <input
            type="search"
            value={text}
            maxLength={TEXT_MAX_CHARACTERS}
            onChange={({ target }) => setText(target.value)}
            placeholder="Name"
            className="min-w-0 flex-1 bg-transparent text-label outline-none placeholder:text-faint"
          />
        </label>
        <select
          aria-label="Kind"
          value={kind}
          onChange={({ target }) =>
            setKind(outputKinds.find((each) => each === target.value) ?? "all")
          }
          className="field h-9 px-2 text-label pointer-coarse:h-11"
        >
          <option value="all">All kinds</option>
          {outputKinds.map((each) => (
            <option key={each} value={each}>
              {kindWords[each]}
            </option>
          ))}
        </select>
        <a
          href={`/api/v1/sessions/${sessionId}/outputs.zip`}
          download
          aria-label="Download all as a ZIP archive"
          title="Download all"
          className="inline-flex size-9 shrink-0 items-center justify-center rounded text-soft hover:bg-hover hover:text-ink pointer-coarse:size-11"
        >
          <FolderDown aria-hidden className="size-4" />
        </a>
      </div>
      <OutputList
        kind={kind === "all" ? undefined : kind}
        text={asked === "" ? undefined : asked}
        onReset={() => {
          setKind("all");
          setText("");
        }}
      />
    </>
  );
}
