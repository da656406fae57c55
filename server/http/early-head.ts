type SendHead = () => void;

/** By the nonces of pages that are being rendered. Two copies of this module exist: the server's and that of the pages. */
const heads: Map<string, SendHead> = (Reflect.get(globalThis, Symbol.for("millrace.heads")) ??
  new Map()) as Map<string, SendHead>;
Reflect.set(globalThis, Symbol.for("millrace.heads"), heads);

/** `send` is called at most once, when the page with this nonce knows that it will be shown; undo when it is written. */
export function awaitHead(nonce: string, send: SendHead): () => void {
  heads.set(nonce, send);
  return () => void heads.delete(nonce);
}

/**
 * A page calls this once it knows that it is there and whoever asked may see it: its head goes out with 200 while the
 * rest is still rendered, and cannot be taken back.
 */
export function sendHeadOf(nonce: string | null): void {
  if (nonce === null) return;
  const send = heads.get(nonce);
  heads.delete(nonce);
  send?.();
}
