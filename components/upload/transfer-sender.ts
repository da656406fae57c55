import { retryDelayMs } from "#components/live/retry-delay.ts";
import { lookAtFile } from "./look-at-file.ts";
import { openSending } from "./open-sending.ts";
import type { Handle, TransferList } from "./transfer-list.ts";
import type { Trouble } from "./trouble.ts";

/** Two keep a line full while the server ends one; more would only make each slower. */
const SENDING_MAX = 2;

/** Moves transfers of a list from state to state, `SENDING_MAX` of them at once. */
export interface TransferSender {
  /** Reads the beginning of a new one; it is refused, or waits for its turn. */
  check(transferId: string): Promise<void>;
  pause(transferId: string): void;
  /** One that is paused, waits for the connection, or failed waits for its turn again. */
  queue(transferId: string): void;
  /** Starts what waits, as far as there is room. */
  pump(): void;
  goOffline(): void;
  goOnline(): void;
}

export function createTransferSender(list: TransferList): TransferSender {
  function pump() {
    const busyCount = list.get().filter(({ state }) => state === "sending").length;
    const waiting = list.get().filter(({ state }) => state === "waiting");
    for (const { transferId } of waiting.slice(0, Math.max(0, SENDING_MAX - busyCount)))
      void begin(transferId);
  }

  async function begin(transferId: string) {
    const handle = list.handleOf(transferId);
    if (!handle) return;
    list.change(transferId, { state: "sending", problem: null });
    if (handle.sending) return handle.sending.start();
    // Paused and resumed meanwhile: it is started by whoever began to open it.
    if (handle.isOpening) return;
    handle.isOpening = true;
    try {
      const onTrouble = (trouble: Trouble) => meet(transferId, trouble);
      const opened = await openSending(list, handle, { onSent: pump, onTrouble });
      if ("isPassing" in opened) return meet(transferId, opened);
      handle.sending = opened;
    } finally {
      handle.isOpening = false;
    }
    // It may have been paused or removed meanwhile.
    if (list.find(transferId)?.state === "sending") handle.sending.start();
  }

  /** What may pass is tried again, later and later, or as soon as the browser is online. */
  function meet(transferId: string, { message, isPassing }: Trouble) {
    const handle = list.handleOf(transferId);
    if (!handle || list.find(transferId)?.state !== "sending") return;
    handle.meter.reset();
    if (isPassing) wait(handle, message);
    else list.change(transferId, { state: "failed", problem: message, bytesPerSecond: null });
    pump();
  }

  function wait(handle: Handle, message: string) {
    const { transferId } = handle;
    handle.failureCount += 1;
    const problem = navigator.onLine ? message : "You are offline.";
    list.change(transferId, { state: "offline", problem, bytesPerSecond: null });
    if (!navigator.onLine) return;
    clearTimeout(handle.retryTimer);
    handle.retryTimer = setTimeout(() => queue(transferId), retryDelayMs(handle.failureCount));
  }

  function queue(transferId: string) {
    const state = list.find(transferId)?.state;
    if (state !== "offline" && state !== "paused" && state !== "failed") return;
    clearTimeout(list.handleOf(transferId)?.retryTimer);
    list.change(transferId, { state: "waiting", problem: null });
    pump();
  }

  return {
    async check(transferId) {
      const handle = list.handleOf(transferId);
      if (!handle) return;
      const look = await lookAtFile(handle.file);
      const transfer = list.find(transferId);
      if (!transfer || !list.handleOf(transferId)) return;
      if ("problem" in look) return list.change(transferId, { state: "refused", ...look });
      handle.encoding = look.encoding;
      if (transfer.sessionOrigin !== "chosen") {
        handle.brought = look.brought;
        handle.title = look.title;
      }
      list.change(transferId, { state: "waiting" });
      pump();
    },
    pause(transferId) {
      const handle = list.handleOf(transferId);
      clearTimeout(handle?.retryTimer);
      list.change(transferId, { state: "paused", problem: null, bytesPerSecond: null });
      handle?.meter.reset();
      void handle?.sending?.pause();
      pump();
    },
    queue,
    pump,
    goOffline() {
      for (const { transferId, state } of list.get()) {
        const handle = list.handleOf(transferId);
        if (state !== "sending" || !handle) continue;
        void handle.sending?.pause();
        handle.meter.reset();
        wait(handle, "You are offline.");
      }
    },
    goOnline() {
      for (const { transferId, state } of list.get()) if (state === "offline") queue(transferId);
    },
  };
}
