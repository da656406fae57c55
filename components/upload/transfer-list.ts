import type { BroughtName } from "#lib/brought-session.ts";
import { createSessionId, createUploadId } from "#lib/ids.ts";
import type { UploadEncoding } from "#lib/upload.ts";
import { createRateMeter, type RateMeter } from "./rate-meter.ts";
import type { Sending } from "./send-file.ts";
import { isUnderWay, type Transfer } from "./transfer.ts";

/** What is not for showing. */
export interface Handle {
  readonly transferId: string;
  file: File;
  encoding: UploadEncoding;
  /** What its session is called where it comes from; null where the file does not say, or is for another one. */
  brought: BroughtName | null;
  /** What the file calls its session, where that is one of its own. */
  title: string | null;
  /** Of the session that is made for it, where it has no name: the same one when that is tried again. */
  newSessionId: string;
  sending: Sending | null;
  /** Its session is being made or found, until there is `sending`. */
  isOpening: boolean;
  meter: RateMeter;
  failureCount: number;
  retryTimer: ReturnType<typeof setTimeout> | undefined;
}

/** What is shown of each transfer, and beside it what is not. */
export interface TransferList {
  subscribe(listener: () => void): () => void;
  /** The same array until something changes. */
  get(): readonly Transfer[];
  find(transferId: string): Transfer | undefined;
  handleOf(transferId: string): Handle | undefined;
  /** Of one that is gone: nothing. */
  change(transferId: string, changes: Partial<Transfer>): void;
  /** Returns the new ones, and the files that are in the list already: twice the same would be one upload twice. */
  add(files: readonly File[], sessionId: string | null): { added: Transfer[]; repeated: File[] };
  /** From now on nothing is done with it any more; it is shown until `remove`. */
  forget(transferId: string): void;
  remove(transferId: string): void;
}

export function createTransferList(): TransferList {
  let transfers: readonly Transfer[] = [];
  const handles = new Map<string, Handle>();
  const listeners = new Set<() => void>();

  function set(next: readonly Transfer[]) {
    transfers = next;
    for (const listener of listeners) listener();
  }

  const isInList = (file: File) =>
    transfers.some((one) => {
      const known = handles.get(one.transferId)?.file;
      return isUnderWay(one) && known !== undefined && isSameFile(known, file);
    });

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    get: () => transfers,
    find: (transferId) => transfers.find((one) => one.transferId === transferId),
    handleOf: (transferId) => handles.get(transferId),
    change(transferId, changes) {
      set(transfers.map((one) => (one.transferId === transferId ? { ...one, ...changes } : one)));
    },
    add(files, sessionId) {
      const repeated = files.filter(isInList);
      const added = files
        .filter((file) => !repeated.includes(file))
        .map((file) => {
          const transfer = newTransfer(file, sessionId);
          handles.set(transfer.transferId, newHandle(file, transfer.transferId));
          return transfer;
        });
      set([...transfers, ...added]);
      return { added, repeated };
    },
    forget: (transferId) => void handles.delete(transferId),
    remove: (transferId) => set(transfers.filter((one) => one.transferId !== transferId)),
  };
}

const isSameFile = (a: File, b: File) =>
  a.name === b.name && a.size === b.size && a.lastModified === b.lastModified;

function newTransfer(file: File, sessionId: string | null): Transfer {
  return {
    // Not `crypto.randomUUID`: browsers have it on encrypted pages only.
    transferId: createUploadId(),
    name: file.name,
    bytes: file.size,
    sessionId: sessionId ?? createSessionId(),
    sessionOrigin: sessionId === null ? "upload" : "chosen",
    state: "checking",
    sentBytes: 0,
    bytesPerSecond: null,
    uploadId: null,
    problem: null,
  };
}

function newHandle(file: File, transferId: string): Handle {
  return {
    transferId,
    file,
    encoding: "identity",
    brought: null,
    title: null,
    newSessionId: createSessionId(),
    sending: null,
    isOpening: false,
    meter: createRateMeter(),
    failureCount: 0,
    retryTimer: undefined,
  };
}
