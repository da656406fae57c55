import type { HeldBytes } from "./held-bytes.ts";
import { IdReader, type FoundId } from "./item-identity.ts";
import { KIND, NAME } from "./scan-core.ts";

/** The `id` and `messageID` of the body that is being read. Of equal names the last one counts, as with `JSON.parse`. */
export class BodyIds {
  id: FoundId;
  messageId: FoundId;
  readonly #token: HeldBytes;
  readonly #ids = new IdReader();
  readonly #messageIds = new IdReader();
  #name: number = NAME.other;
  #isString = false;
  #start = 0;

  /** `token` holds one string at a time. */
  constructor(token: HeldBytes) {
    this.#token = token;
  }

  reset(): void {
    this.id = undefined;
    this.messageId = undefined;
  }

  begin(position: number, name: number, kind: number): void {
    this.#name = name;
    this.#start = position;
    this.#isString = kind === KIND.string;
    if (this.#isString) this.#token.begin(position);
    else this.#set(null);
  }

  end(position: number): void {
    if (!this.#isString) return;
    const reader = this.#name === NAME.id ? this.#ids : this.#messageIds;
    this.#set(reader.read(this.#token, this.#start, position));
    this.#token.release();
  }

  #set(value: FoundId): void {
    if (this.#name === NAME.id) this.id = value;
    else this.messageId = value;
  }
}
