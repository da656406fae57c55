"use client";

import { AttachButton } from "#components/attachments/attach-button.tsx";
import { AttachmentChips } from "#components/attachments/attachment-chips.tsx";
import type { AttachmentDraft } from "#components/attachments/use-attachments.ts";
import { ErrorText } from "#components/ui/field.tsx";
import { useHydrated } from "#components/ui/use-hydrated.ts";
import { useFileDrop } from "#components/upload/use-file-drop.ts";

interface PromptFilesProps {
  draft: AttachmentDraft;
  error: string | null;
}

/** Files that go with the first prompt: pasted into it, dropped on the page, or chosen. */
export function PromptFiles({ draft, error }: PromptFilesProps) {
  const isHydrated = useHydrated();
  const isOver = useFileDrop((files) => draft.add(files));
  return (
    <div data-refused={error !== null} tabIndex={-1} className="-mt-3 flex flex-col gap-1.5">
      <div className="flex items-center gap-1 text-meta text-faint">
        <AttachButton disabled={!isHydrated} onFiles={draft.add} className="-ml-2" />
        {isOver ? "Drop files to attach them" : "Attach files, or paste or drop them here"}
      </div>
      <AttachmentChips draft={draft} />
      {error !== null && (
        <p className="text-meta">
          <ErrorText>{error}</ErrorText>
        </p>
      )}
    </div>
  );
}
