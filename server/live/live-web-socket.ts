import { WebSocket } from "ws";
import { liveError } from "./live-error.ts";

/** Codes with which `ws` itself ends a connection, on bytes that are no message, no text, or too many. */
const CODES_OF_WS = new Set([1002, 1007, 1009]);

/** A socket that says why it is closed, also when `ws` closes it. */
export class LiveWebSocket extends WebSocket {
  override close(code?: number, reason?: string | Buffer): void {
    if (code !== undefined && CODES_OF_WS.has(code) && this.readyState === this.OPEN) {
      this.send(JSON.stringify(liveError("invalid_input")));
    }
    super.close(code, reason);
  }
}
