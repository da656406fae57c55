import { TITLE_MAX_CHARACTERS } from "#lib/limits.ts";
import type { ElementQueue } from "./element-queue.ts";

/** What a transcript says of its session. A member that comes again replaces what was said before. */
interface SessionFacts {
  directory: string;
  version: string;
  branch: string;
  origin: string;
  /** Session that it was started from, as it is called where it comes from. */
  parentId: string;
}

/** Where a title comes from; a later one of the same or a higher rank replaces it. */
const titleRanks = { command: 0, prompt: 1, summary: 2, agent: 3, person: 4 } as const;
/** A shorter transcript has been read before anybody can look. */
const LONG_ITEMS = 1_000;
/** Of a prompt so much is looked at. */
const PROMPT_LOOK_CHARACTERS = 1_000;
const PROMPT_TITLE_CHARACTERS = 100;

/** The session's own items: told at the end, and of a long transcript before, too. */
export class TranscriptSession {
  readonly #queue: ElementQueue;
  readonly #sessionId: string;
  readonly #facts: Partial<SessionFacts> = {};
  #title: { text: string; rank: number } | null = null;
  #createdMs: number | null = null;
  #updatedMs = 0;
  readonly #told = new Map<string, string>();

  constructor(queue: ElementQueue, sessionId: string) {
    this.#queue = queue;
    this.#sessionId = sessionId;
  }

  get directory(): string {
    return this.#facts.directory ?? "";
  }

  note(facts: { [Name in keyof SessionFacts]?: string | null }): void {
    for (const [name, value] of Object.entries(facts))
      if (value) this.#facts[name as keyof SessionFacts] = value;
  }

  /** The first folder is that of the session, wherever the agent goes. */
  noteDirectory(directory: string | null): void {
    if (this.#facts.directory === undefined) this.note({ directory });
  }

  noteTime(timeMs: number): void {
    this.#createdMs ??= timeMs;
    this.#updatedMs = Math.max(this.#updatedMs, timeMs);
  }

  noteTitle(text: string | null, source: keyof typeof titleRanks): void {
    const line = (text ?? "").slice(0, PROMPT_LOOK_CHARACTERS).replaceAll(/\s+/g, " ").trim();
    const rank = titleRanks[source];
    const known = this.#title?.rank ?? -1;
    // Of prompts the first one counts.
    const isTaken = rank <= titleRanks.prompt ? rank <= known : rank < known;
    if (line === "" || isTaken) return;
    const maxCharacters =
      rank <= titleRanks.prompt ? PROMPT_TITLE_CHARACTERS : TITLE_MAX_CHARACTERS;
    const isCut = line.length > maxCharacters;
    this.#title = { text: isCut ? `${line.slice(0, maxCharacters - 2)} …` : line, rank };
  }

  /** Of a long transcript what is known by now, once, so that whoever looks on has a title. */
  tellEarly(): void {
    const isLong = this.#queue.index >= LONG_ITEMS;
    if (isLong && this.#title !== null && this.#told.size === 0) this.#tellAll(this.#updatedMs);
  }

  /** Nothing more comes. */
  finish(): void {
    this.#tellAll(this.#updatedMs);
  }

  #tellAll(updated: number): void {
    const { directory = "", version = "", parentId, branch, origin } = this.#facts;
    this.#tellItem("session", {
      id: this.#sessionId,
      slug: "",
      projectID: "",
      directory,
      ...(parentId !== undefined && { parentID: parentId }),
      title: this.#title?.text ?? "",
      version,
      time: { created: this.#createdMs ?? 0, updated },
    });
    if (branch !== undefined || origin !== undefined)
      this.#tellItem("kilo_meta", { gitUrl: origin, gitBranch: branch });
  }

  #tellItem(type: string, value: object): void {
    const json = JSON.stringify(value);
    if (this.#told.get(type) === json) return;
    this.#told.set(type, json);
    this.#queue.add({ type, messageId: "", partId: "", value });
  }
}
