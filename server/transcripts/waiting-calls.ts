import type { OpenMessage } from "./open-message.ts";
import type { Part, ToolPart } from "./transcript-parts.ts";

/** Calls that wait at one time, and what their records take together: the oldest ones are told without a result. */
const CALLS_MAX = 1_000;
const BYTES_MAX = 64 * 1024 * 1024;

interface WaitingCall {
  message: OpenMessage;
  part: ToolPart;
  byteLength: number;
  /** Its message was told without it. */
  isDetached: boolean;
}

/** Calls of tools whose results have not come. */
export class WaitingCalls {
  readonly #calls = new Map<string, WaitingCall>();
  readonly #tell: (part: ToolPart) => void;
  #bytes = 0;

  constructor(tell: (part: ToolPart) => void) {
    this.#tell = tell;
  }

  add(message: OpenMessage, part: ToolPart, byteLength: number): void {
    this.#drop(part.callID);
    this.#calls.set(part.callID, { message, part, byteLength, isDetached: false });
    this.#bytes += byteLength;
    for (const callId of this.#calls.keys()) {
      const isTooMuch = this.#calls.size > CALLS_MAX || this.#bytes > BYTES_MAX;
      if (!isTooMuch || this.#calls.size === 1) break;
      this.#drop(callId);
    }
  }

  find(callId: string): ToolPart | undefined {
    return this.#calls.get(callId)?.part;
  }

  take(callId: string): WaitingCall | null {
    const call = this.#calls.get(callId);
    if (!call) return null;
    this.#calls.delete(callId);
    this.#bytes -= call.byteLength;
    return call;
  }

  /** True where the part is a call that waits: it is told when its result comes. */
  detach({ id, type, callID }: Part): boolean {
    const call = type === "tool" ? this.#calls.get(String(callID)) : undefined;
    if (call?.part.id !== id) return false;
    call.isDetached = true;
    return true;
  }

  finish(): void {
    for (const callId of this.#calls.keys()) this.#drop(callId);
  }

  /** It is told as it is; one whose message is still open comes with that. */
  #drop(callId: string): void {
    const call = this.take(callId);
    if (call?.isDetached) this.#tell(call.part);
  }
}
