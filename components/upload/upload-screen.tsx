"use client";

import { useCallback, useState } from "react";
import type { UploadEncoding } from "#lib/upload.ts";
import { CommandLines } from "./command-lines.tsx";
import { DropZone } from "./drop-zone.tsx";
import { TransferRow } from "./transfer-row.tsx";
import { getTransfers } from "./transfers.ts";
import { UnfinishedList } from "./unfinished-list.tsx";
import { useTransfers } from "./use-transfers.ts";

/** Brings files here: into a session of their own each, or all into the one given. */
export function UploadScreen({
  sessionId,
  encodings,
}: {
  sessionId: string | null;
  /** What the server takes. */
  encodings: readonly UploadEncoding[];
}) {
  const transfers = useTransfers();
  const [repeated, setRepeated] = useState<readonly File[]>([]);
  const add = useCallback(
    (files: File[]) => setRepeated(getTransfers().add(files, sessionId)),
    [sessionId],
  );
  return (
    <div className="flex flex-col gap-8">
      <DropZone encodings={encodings} onFiles={add} />
      {repeated.length > 0 && (
        <p role="status" className="-mt-5 text-meta text-warning">
          On its way already: {repeated.map(({ name }) => name).join(", ")}
        </p>
      )}
      {transfers.length > 0 && (
        <section aria-labelledby="files" className="flex flex-col gap-3">
          <h2 id="files" className="text-label font-semibold">
            Files
          </h2>
          <ul aria-labelledby="files" className="rounded border border-line bg-surface">
            {transfers.map((transfer) => (
              <TransferRow key={transfer.transferId} transfer={transfer} />
            ))}
          </ul>
        </section>
      )}
      <UnfinishedList
        transfers={transfers}
        onFile={(file, target) => setRepeated(getTransfers().add([file], target))}
      />
      <CommandLines sessionId={sessionId} />
    </div>
  );
}
