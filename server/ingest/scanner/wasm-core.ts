import { ITEM_DEPTH_MAX, UPLOAD_DEPTH_MAX } from "#lib/limits.ts";
import { scanCoreWasm } from "./scan-core-wasm.ts";
import { EVENTS_MAX, type NextValue, type ScanCore } from "./scan-core.ts";

/** What `wasm/scan-core.as` exports; addresses are those of its memory. */
interface Exports {
  memory: WebAssembly.Memory;
  status: WebAssembly.Global<"i32">;
  readsLines: WebAssembly.Global<"i32">;
  hasBreak: WebAssembly.Global<"i32">;
  endsLine: WebAssembly.Global<"i32">;
  eventsAddress(): number;
  inputAddress(): number;
  inputBytes(): number;
  countEvents(): number;
  isBlank(): number;
  isComplete(): number;
  configure(itemDepthMax: number, documentDepthMax: number): void;
  reset(): void;
  resume(name: number, objectRole: number, arrayRole: number): void;
  becomeElement(hasLines: number): void;
  restartLine(): void;
  // eslint-disable-next-line max-params
  scan(from: number, to: number, chunkPosition: number): number;
}

/** More are not kept for later scans: each has an address space of its own. */
const IDLE_MAX = 4;
const idle: WasmCore[] = [];
let compiled: WebAssembly.Module | undefined;

/** The core in WebAssembly; a chunk is copied into its memory one window after the other. */
export class WasmCore implements ScanCore {
  readonly events: Int32Array;
  readonly #exports: Exports;
  readonly #input: Uint8Array;
  #chunk: Uint8Array = new Uint8Array(0);
  /** What of the chunk is in the module's memory. */
  #windowStart = 0;
  #windowEnd = 0;

  private constructor(exports: Exports) {
    const { buffer } = exports.memory;
    exports.configure(ITEM_DEPTH_MAX, UPLOAD_DEPTH_MAX);
    this.#exports = exports;
    this.events = new Int32Array(buffer, exports.eventsAddress(), 2 * EVENTS_MAX);
    this.#input = new Uint8Array(buffer, exports.inputAddress(), exports.inputBytes());
  }

  /** One for a new document; to be given back with `release`. */
  static take(): WasmCore {
    const core = idle.pop();
    if (core !== undefined) return core;
    compiled ??= new WebAssembly.Module(Buffer.from(scanCoreWasm, "base64"));
    return new WasmCore(new WebAssembly.Instance(compiled).exports as unknown as Exports);
  }

  release(): void {
    this.#exports.reset();
    this.attach(new Uint8Array(0));
    if (idle.length < IDLE_MAX) idle.push(this);
  }

  get eventCount(): number {
    return this.#exports.countEvents();
  }

  get status(): number {
    return this.#exports.status.value;
  }

  get readsLines(): boolean {
    return this.#exports.readsLines.value !== 0;
  }

  get hasBreak(): boolean {
    return this.#exports.hasBreak.value !== 0;
  }

  get endsLine(): boolean {
    return this.#exports.endsLine.value !== 0;
  }

  get isBlank(): boolean {
    return this.#exports.isBlank() !== 0;
  }

  get isComplete(): boolean {
    return this.#exports.isComplete() !== 0;
  }

  attach(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#windowStart = 0;
    this.#windowEnd = 0;
  }

  scan(from: number, to: number): number {
    if (from < this.#windowStart || from >= this.#windowEnd) {
      this.#windowStart = from;
      this.#windowEnd = Math.min(to, from + this.#input.length);
      this.#input.set(this.#chunk.subarray(from, this.#windowEnd));
    }
    const start = this.#windowStart;
    const end = Math.min(to, this.#windowEnd);
    return start + this.#exports.scan(from - start, end - start, start);
  }

  resume({ name, objectRole, arrayRole }: NextValue): void {
    this.#exports.resume(name, objectRole, arrayRole);
  }

  becomeElement(hasLines: boolean): void {
    this.#exports.becomeElement(hasLines ? 1 : 0);
  }

  restartLine(): void {
    this.#exports.restartLine();
  }
}
