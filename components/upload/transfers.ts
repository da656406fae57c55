import type { PreviousUpload } from "tus-js-client";
import type { BroughtName } from "#lib/brought-session.ts";
import { createSessionId, createUploadId } from "#lib/ids.ts";
import type { UploadEncoding } from "#lib/upload.ts";
import { retryDelayMs } from "#components/live/retry-delay.ts";
import { lookAtFile } from "./look-at-file.ts";
import { makeSession } from "./make-session.ts";
import { createRateMeter, type RateMeter } from "./rate-meter.ts";
import { sendFile, type Sending } from "./send-file.ts";
import { isUnderWay, type Transfer } from "./transfer.ts";
import type { Trouble } from "./trouble.ts";
import { findPrevious } from "./unfinished-uploads.ts";

/** Two keep a line full while the server ends one; more would only make each slower. */
const SENDING_MAX = 2;

/** The files that this page sends. It outlives the upload page: going to a session stops nothing. */
export interface Transfers {
  subscribe(listener: () => void): () => void;
  /** The same array until something changes. */
  get(): readonly Transfer[];
  /** Into a session of its own each, or all into the one given. Returns those that are in the list already. */
  add(files: readonly File[], sessionId: string | null): readonly File[];
  pause(transferId: string): void;
  /** Of one that is paused, waits for the connection, or failed. */
  resume(transferId: string): void;
  /** Takes it off the list, and ends it at the server, where what is readable already stays. */
  remove(transferId: string): Promise<void>;
}

/** What is not for showing. */
interface Handle {
  file: File;
  encoding: UploadEncoding;
  /** What its session is called where it comes from; null where the file does not say, or is for another one. */
  brought: BroughtName | null;
  sending: Sending | null;
  /** Its session is being made or found, until there is `sending`. */
  isOpening: boolean;
  meter: RateMeter;
  failureCount: number;
  retryTimer: ReturnType<typeof setTimeout> | undefined;
}

interface Target {
  sessionId: string;
  /** Where an earlier page had begun. */
  previous: PreviousUpload | null;
}

export function createTransfers(): Transfers {
  let transfers: readonly Transfer[] = [];
  const handles = new Map<string, Handle>();
  const listeners = new Set<() => void>();

  const find = (transferId: string) => transfers.find((one) => one.transferId === transferId);

  function set(next: readonly Transfer[]) {
    transfers = next;
    for (const listener of listeners) listener();
  }

  /** Twice the same file would be the same upload twice. */
  const isInList = (file: File) =>
    transfers.some((one) => {
      const known = handles.get(one.transferId)?.file;
      return isUnderWay(one) && known !== undefined && isSameFile(known, file);
    });

  function change(transferId: string, changes: Partial<Transfer>) {
    set(transfers.map((one) => (one.transferId === transferId ? { ...one, ...changes } : one)));
  }

  /** Starts what waits, as far as there is room. */
  function pump() {
    const busyCount = transfers.filter(({ state }) => state === "sending").length;
    const waiting = transfers.filter(({ state }) => state === "waiting");
    for (const { transferId } of waiting.slice(0, Math.max(0, SENDING_MAX - busyCount)))
      void begin(transferId);
  }

  async function check(transferId: string, file: File) {
    const handle = handles.get(transferId);
    const look = await lookAtFile(file);
    const transfer = find(transferId);
    if (!handle || !transfer) return;
    if ("problem" in look) return change(transferId, { state: "refused", ...look });
    handle.encoding = look.encoding;
    handle.brought = transfer.sessionOrigin === "chosen" ? null : look.brought;
    change(transferId, { state: "waiting" });
    pump();
  }

  async function begin(transferId: string) {
    const handle = handles.get(transferId);
    if (!handle) return;
    change(transferId, { state: "sending", problem: null });
    if (handle.sending) return handle.sending.start();
    // Paused and resumed meanwhile: it is started by whoever began to open it.
    if (handle.isOpening) return;
    handle.isOpening = true;
    try {
      const target = await chooseTarget(transferId, handle);
      if ("isPassing" in target) return meet(transferId, target);
      handle.sending = await open(transferId, handle, target);
    } finally {
      handle.isOpening = false;
    }
    // It may have been paused or removed meanwhile.
    if (find(transferId)?.state === "sending") handle.sending.start();
  }

  /** Where an earlier page had begun with it, else in the session that it holds, else in one of its own. */
  async function chooseTarget(
    transferId: string,
    { file, brought }: Handle,
  ): Promise<Target | Trouble> {
    const previous = await findPrevious(file);
    const wanted = find(transferId);
    const sessionId = wanted?.sessionId ?? createSessionId();
    const begun = previous?.metadata["sessionId"];
    const mayGoOn = begun === sessionId || wanted?.sessionOrigin !== "chosen";
    if (previous && begun !== undefined && mayGoOn) {
      if (brought !== null) change(transferId, { sessionOrigin: "page" });
      return { sessionId: begun, previous };
    }
    if (brought === null) return { sessionId, previous: null };
    const made = await makeSession(brought, file.name);
    if ("isPassing" in made) return made;
    change(transferId, { sessionOrigin: made.isNew ? "page" : "before" });
    return { sessionId: made.sessionId, previous: null };
  }

  function open(
    transferId: string,
    { file, encoding, meter }: Handle,
    { sessionId, previous }: Target,
  ): Promise<Sending> {
    change(transferId, { sessionId });
    return sendFile(file, {
      sessionId,
      encoding,
      previous,
      onUploadId: (uploadId) => change(transferId, { uploadId }),
      onProgress(sentBytes) {
        meter.note(sentBytes, performance.now());
        const handle = handles.get(transferId);
        if (handle) handle.failureCount = 0;
        change(transferId, { sentBytes, bytesPerSecond: meter.bytesPerSecond() });
      },
      onSent() {
        const bytes = find(transferId)?.bytes ?? 0;
        change(transferId, { state: "sent", sentBytes: bytes, bytesPerSecond: null });
        pump();
      },
      onTrouble: (trouble) => meet(transferId, trouble),
    });
  }

  /** What may pass is tried again, later and later, or as soon as the browser is online. */
  function meet(transferId: string, { message, isPassing }: Trouble) {
    const handle = handles.get(transferId);
    if (!handle || find(transferId)?.state !== "sending") return;
    handle.meter.reset();
    if (!isPassing) change(transferId, { state: "failed", problem: message, bytesPerSecond: null });
    else wait(transferId, handle, message);
    pump();
  }

  function wait(transferId: string, handle: Handle, message: string) {
    handle.failureCount += 1;
    const problem = navigator.onLine ? message : "You are offline.";
    change(transferId, { state: "offline", problem, bytesPerSecond: null });
    if (!navigator.onLine) return;
    clearTimeout(handle.retryTimer);
    handle.retryTimer = setTimeout(() => queue(transferId), retryDelayMs(handle.failureCount));
  }

  function queue(transferId: string) {
    const state = find(transferId)?.state;
    if (state !== "offline" && state !== "paused" && state !== "failed") return;
    clearTimeout(handles.get(transferId)?.retryTimer);
    change(transferId, { state: "waiting", problem: null });
    pump();
  }

  function onOffline() {
    for (const { transferId, state } of transfers) {
      const handle = handles.get(transferId);
      if (state !== "sending" || !handle) continue;
      void handle.sending?.pause();
      handle.meter.reset();
      wait(transferId, handle, "You are offline.");
    }
  }

  function onOnline() {
    for (const { transferId, state } of transfers) if (state === "offline") queue(transferId);
  }

  addEventListener("offline", onOffline);
  addEventListener("online", onOnline);
  // What is lost by leaving is not the bytes but the file: it would have to be chosen again.
  addEventListener("beforeunload", (event) => {
    if (transfers.some(isUnderWay)) event.preventDefault();
  });

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    get: () => transfers,
    add(files, sessionId) {
      const repeated = files.filter(isInList);
      const added = files
        .filter((file) => !repeated.includes(file))
        .map((file) => ({ file, transfer: newTransfer(file, sessionId) }));
      for (const { file, transfer } of added) handles.set(transfer.transferId, newHandle(file));
      set([...transfers, ...added.map(({ transfer }) => transfer)]);
      for (const { file, transfer } of added) void check(transfer.transferId, file);
      return repeated;
    },
    pause(transferId) {
      const handle = handles.get(transferId);
      clearTimeout(handle?.retryTimer);
      change(transferId, { state: "paused", problem: null, bytesPerSecond: null });
      handle?.meter.reset();
      void handle?.sending?.pause();
      pump();
    },
    resume: queue,
    async remove(transferId) {
      const transfer = find(transferId);
      const handle = handles.get(transferId);
      clearTimeout(handle?.retryTimer);
      handles.delete(transferId);
      try {
        // First: what is neither on its way nor forgotten counts as left unfinished.
        if (transfer && transfer.state !== "sent") await handle?.sending?.cancel();
      } finally {
        set(transfers.filter((one) => one.transferId !== transferId));
        pump();
      }
    },
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

function newHandle(file: File): Handle {
  return {
    file,
    encoding: "identity",
    brought: null,
    sending: null,
    isOpening: false,
    meter: createRateMeter(),
    failureCount: 0,
    retryTimer: undefined,
  };
}

let shared: Transfers | null = null;

/** The page's one list, made when it is first asked for. In the browser only. */
export function getTransfers(): Transfers {
  shared ??= createTransfers();
  return shared;
}
