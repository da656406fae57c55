import { createTransferList } from "./transfer-list.ts";
import { createTransferSender } from "./transfer-sender.ts";
import { isUnderWay, type Transfer } from "./transfer.ts";

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

export function createTransfers(): Transfers {
  const list = createTransferList();
  const sender = createTransferSender(list);

  addEventListener("offline", sender.goOffline);
  addEventListener("online", sender.goOnline);
  // What is lost by leaving is not the bytes but the file: it would have to be chosen again.
  addEventListener("beforeunload", (event) => {
    if (list.get().some(isUnderWay)) event.preventDefault();
  });

  return {
    subscribe: list.subscribe,
    get: list.get,
    add(files, sessionId) {
      const { added, repeated } = list.add(files, sessionId);
      for (const { transferId } of added) void sender.check(transferId);
      return repeated;
    },
    pause: sender.pause,
    resume: sender.queue,
    async remove(transferId) {
      const transfer = list.find(transferId);
      const handle = list.handleOf(transferId);
      clearTimeout(handle?.retryTimer);
      list.forget(transferId);
      try {
        // First: what is neither on its way nor forgotten counts as left unfinished.
        if (transfer && transfer.state !== "sent") await handle?.sending?.cancel();
      } finally {
        list.remove(transferId);
        sender.pump();
      }
    },
  };
}

let shared: Transfers | null = null;

/** The page's one list, made when it is first asked for. In the browser only. */
export function getTransfers(): Transfers {
  shared ??= createTransfers();
  return shared;
}
