import { type JsonObject, readText } from "#lib/json.ts";

/** Records of sub-agents that are known at one time; a longer chain begins anew. */
const RECORDS_MAX = 10_000;

/** Which sub-agent a record belongs to: those of one are chained by their parents, up to the prompt that it got. */
export class SubAgents {
  readonly #rootByRecord = new Map<string, string>();
  #lastRoot: string | null = null;

  /** The record that the chain begins with; `isRoot` for that one. Safe to ask twice in a row. */
  place(record: JsonObject): { root: string; isRoot: boolean } {
    const uuid = readText(record, "uuid") ?? "";
    const parent = readText(record, "parentUuid");
    const isPrompt = record["type"] === "user" && parent === null;
    const known = parent === null ? null : (this.#rootByRecord.get(parent) ?? this.#lastRoot);
    const root = isPrompt || known === null ? uuid : known;
    this.#rootByRecord.set(uuid, root);
    this.#lastRoot = root;
    if (this.#rootByRecord.size > RECORDS_MAX) this.#forgetOldest();
    return { root, isRoot: root === uuid };
  }

  #forgetOldest(): void {
    for (const uuid of this.#rootByRecord.keys()) {
      this.#rootByRecord.delete(uuid);
      return;
    }
  }
}
