"use client";

import { useEffect, useRef, useState } from "react";
import { ATTACHMENTS_MAX } from "#lib/limits.ts";
import { useTabStorage } from "#components/ui/use-tab-storage.ts";
import {
  checkDraftFile,
  describeHold,
  type DraftFile,
  filesWithPlace,
  restoreFiles,
  storeFiles,
} from "./draft-file.ts";
import { forgetAttachment, sendAttachment } from "./send-attachment.ts";

export interface AttachmentDraft {
  files: readonly DraftFile[];
  /** Of those that are stored, in order. */
  ids: string[];
  /** Why the prompt does not go yet: some are on their way, or were not taken. Null when it may go. */
  hold: string | null;
  /** Why files were not taken at all; null when they were. */
  problem: string | null;
  add(files: readonly File[]): void;
  remove(key: string): void;
  retry(key: string): void;
  /** They went with a prompt. */
  clear(): void;
}

type Change = (files: readonly DraftFile[]) => readonly DraftFile[];

/** Files for the prompt that is being typed: each is sent at once, and what was sent survives a reload of the tab. */
export function useAttachments(storageKey: string, onChange: () => void): AttachmentDraft {
  const [stored, keep] = useTabStorage(storageKey);
  const [held, setHeld] = useState<readonly DraftFile[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const sendings = useRef(new Map<string, AbortController>());
  const keyCount = useRef(0);
  const files = held ?? restoreFiles(stored);

  useEffect(() => {
    if (held !== null) keep(storeFiles(held));
  }, [held, keep]);

  function change(next: Change) {
    setHeld((current) => next(current ?? restoreFiles(stored)));
    onChange();
  }

  const patch = (key: string, values: Partial<DraftFile>) =>
    change((all) => all.map((each) => (each.key === key ? { ...each, ...values } : each)));

  function send(key: string, file: File) {
    const sending = new AbortController();
    sendings.current.set(key, sending);
    sendAttachment(file, {
      onProgress: (sentBytes) => patch(key, { sentBytes }),
      signal: sending.signal,
    })
      .then((attachment) => patch(key, { attachment, name: attachment.name }))
      .catch((error: unknown) => patch(key, { problem: messageOf(error) }))
      .finally(() => sendings.current.delete(key));
  }

  function add(chosen: readonly File[]) {
    const taken = filesWithPlace(chosen, files.length);
    const isCut = taken.length < chosen.length;
    setProblem(isCut ? `At most ${ATTACHMENTS_MAX} files go with a prompt.` : null);
    const drafts = taken.map((file) => {
      keyCount.current += 1;
      return draftOf(`new-${keyCount.current}`, file);
    });
    change((all) => [...all, ...drafts]);
    for (const { key, file, problem: wrong } of drafts) if (file && !wrong) send(key, file);
  }

  function remove(key: string) {
    sendings.current.get(key)?.abort();
    const removed = files.find((each) => each.key === key);
    if (removed?.attachment) forgetAttachment(removed.attachment.attachmentId);
    setProblem(null);
    change((all) => all.filter((each) => each.key !== key));
  }

  function retry(key: string) {
    const file = files.find((each) => each.key === key)?.file;
    if (!file) return;
    patch(key, { problem: null, sentBytes: 0 });
    send(key, file);
  }

  function clear() {
    setProblem(null);
    setHeld([]);
    keep(null);
  }

  const ids = files.flatMap(({ attachment }) => (attachment ? [attachment.attachmentId] : []));
  return { files, ids, hold: describeHold(files), problem, add, remove, retry, clear };
}

const draftOf = (key: string, file: File): DraftFile => ({
  key,
  name: file.name,
  bytes: file.size,
  file,
  sentBytes: 0,
  attachment: null,
  problem: checkDraftFile(file),
});

const messageOf = (error: unknown) =>
  error instanceof Error ? error.message : "It could not be sent.";
