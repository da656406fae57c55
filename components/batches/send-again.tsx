"use client";

import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import type { Batch } from "#lib/batch.ts";
import type { IndexRanges } from "#lib/batch-lines/keep-wanted.ts";
import { durationInWords } from "#lib/duration-in-words.ts";
import { BATCH_IDLE_MS } from "#lib/limits.ts";
import { formatCount } from "#components/format/format-count.ts";
import { Button } from "#components/ui/button.tsx";
import { ErrorText } from "#components/ui/field.tsx";
import { FileInput } from "#components/upload/file-input.tsx";
import { describeRanges } from "./batch-words.ts";
import { type BatchMemory, recallBatch } from "./sending/batch-memory.ts";
import { sendBatch } from "./sending/batch-sendings.ts";
import { keptSource, resumeWith } from "./sending/resume-source.ts";
import type { LineSource } from "./sending/source-line.ts";
import { useFailures } from "./use-failures.ts";

interface SendAgainProps {
  batch: Batch;
  gaps: IndexRanges;
}

/** Lines that did not come, or could not be read: only these go when their source is given again. */
export function SendAgain({ batch, gaps }: SendAgainProps) {
  const { batchId, state, counts, received } = batch;
  const { data: failures } = useFailures(batch);
  const unreadableCount = counts.failed > 0 ? (failures?.unreadableCount ?? 0) : 0;
  const { data: memory } = useQuery({
    queryKey: ["batch-memory", batchId],
    queryFn: () => recallBatch(batchId),
  });
  const isOpen = state === "open";
  // A batch that is sealed takes no line for an index that it does not have.
  const missingCount = isOpen ? batch.missingCount : 0;
  const mayComplete = isOpen && (missingCount > 0 || received === 0 || batch.unassignedCount > 0);
  if (state === "aborted" || (!mayComplete && unreadableCount === 0)) return null;
  return (
    <section
      aria-labelledby="send-again"
      className="flex flex-col gap-3 rounded border border-warning bg-warning-wash p-4"
    >
      <h2 id="send-again" className="text-label font-semibold">
        {describeWant({ missingCount, unreadableCount })}
      </h2>
      {mayComplete && gaps.length > 0 && (
        <p className="text-label tabular">Missing: {describeRanges(gaps)}.</p>
      )}
      <p className="text-label text-soft">
        {describeWay(memory ?? null)} Only these lines are sent; what is here already stays.
      </p>
      {mayComplete && received > 0 && (
        <p className="text-label text-soft">
          “Seal” leaves the batch as it is. Left open, it is aborted{" "}
          {durationInWords(BATCH_IDLE_MS)} after its last line.
        </p>
      )}
      <Source batch={batch} memory={memory ?? null} />
    </section>
  );
}

function describeWant({
  missingCount,
  unreadableCount,
}: {
  missingCount: number;
  unreadableCount: number;
}): string {
  const wants: string[] = [];
  if (missingCount > 0)
    wants.push(
      `${formatCount(missingCount, "line")} ${missingCount === 1 ? "has" : "have"} not arrived`,
    );
  if (unreadableCount > 0) wants.push(`${formatCount(unreadableCount, "line")} could not be read`);
  return wants.join(", ") || "More lines can be sent";
}

function describeWay(memory: BatchMemory | null): string {
  switch (memory?.kind) {
    case "lines":
      return "This browser kept what was to be sent.";
    case "file":
      return `Choose ${memory.file.name} again, corrected where that is needed.`;
    case "files":
      return "Choose the files again, corrected where that is needed: all of them, or those that are missing.";
    case undefined:
      return "Choose what the batch was made of again, corrected where that is needed.";
  }
}

function Source({ batch, memory }: { batch: Batch; memory: BatchMemory | null }) {
  const input = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isReading, setIsReading] = useState(false);

  async function send(read: () => Promise<LineSource | null>) {
    setProblem(null);
    setIsReading(true);
    try {
      const source = await read();
      if (source) sendBatch(batch.batchId, source);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : "This could not be read.");
    } finally {
      setIsReading(false);
    }
  }

  return (
    <>
      {problem !== null && (
        <p className="text-label">
          <ErrorText>{problem}</ErrorText>
        </p>
      )}
      <FileInput
        ref={input}
        label="Files of the batch"
        onFiles={(files) => void send(() => resumeWith(files, batch, memory))}
      />
      <div className="flex flex-wrap gap-2">
        {memory?.kind === "lines" && (
          <Button
            look="primary"
            disabled={isReading}
            onClick={() => void send(() => keptSource(memory))}
          >
            Send the rest
          </Button>
        )}
        <Button disabled={isReading} onClick={() => input.current?.click()}>
          {isReading ? "Reading …" : "Choose the file again"}
        </Button>
      </div>
    </>
  );
}
