import { type JsonObject, readObject, readText } from "#lib/json.ts";
import type { OpenMessage } from "../open-message.ts";
import type { TranscriptReader } from "../transcript-format.ts";
import type { TranscriptItems } from "../transcript-items.ts";
import { hiddenText, noticePart, type PartBody, type ToolPart } from "../transcript-parts.ts";
import { addAnswer } from "./claude-answer.ts";
import { readBlocks, readFileBlock, readResultFacts, readToolResult } from "./claude-blocks.ts";
import { readPromptKind } from "./claude-prompt.ts";
import { SubAgents } from "./sub-agents.ts";

/** Records of the program for itself: kept, and not shown. */
const quietTypes = new Set([
  "agent-name",
  "agent-setting",
  "attachment",
  "file-history-delta",
  "file-history-snapshot",
  "last-prompt",
  "mode",
  "permission-mode",
  "pr-link",
  "progress",
  "queue-operation",
]);

const quietEvents = new Set(["compact_boundary", "stop_hook_summary", "turn_duration"]);

/** Sub-agents at one time that more may come of. */
const SUB_AGENTS_OPEN_MAX = 16;

/** Reads what Claude Code writes to `~/.claude/projects`: a tree of records, one on each line. */
export class ClaudeReader implements TranscriptReader {
  readonly #items: TranscriptItems;
  readonly #subAgents = new SubAgents();
  /** The answer that is being written; and those of sub-agents, by the record that each began with. */
  #answer: OpenMessage | null = null;
  readonly #subAnswers = new Map<string, OpenMessage>();

  constructor(items: TranscriptItems) {
    this.#items = items;
  }

  read(record: JsonObject): void {
    const timeMs = this.#items.readTime(record["timestamp"]);
    this.#noteSession(record);
    // Also one that nothing more is made of: others may name it as the record that they follow.
    if (isOfSubAgent(record)) this.#subAgents.place(record);
    const type = readText(record, "type") ?? "";
    switch (type) {
      case "user":
        return this.#readUser(record, timeMs);
      case "assistant":
        return addAnswer(this.#items, this.#answerFor(record, timeMs), { record, timeMs });
      case "system":
        return this.#readEvent(record);
      case "summary":
        return this.#items.session.noteTitle(readText(record, "summary"), "summary");
      case "ai-title":
        return this.#items.session.noteTitle(readText(record, "aiTitle"), "agent");
      case "custom-title":
        return this.#items.session.noteTitle(readText(record, "customTitle"), "person");
      default:
        return this.#keep(record, quietTypes.has(type));
    }
  }

  finish(): void {
    this.#closeAll();
  }

  #noteSession(record: JsonObject): void {
    const { session } = this.#items;
    session.noteDirectory(readText(record, "cwd"));
    session.note({
      branch: readText(record, "gitBranch"),
      version: readText(record, "version"),
      // What a sub-agent did is in a file of its own, under the session that it worked for.
      parentId: readText(record, "agentId") && readText(record, "sessionId"),
    });
  }

  #readUser(record: JsonObject, timeMs: number): void {
    const blocks = readBlocks(readObject(record, "message")["content"]);
    const results = blocks.filter((block) => block["type"] === "tool_result");
    for (const block of results)
      this.#settle(block, { record, timeMs, isOnly: results.length === 1 });
    const others = blocks.filter((block) => block["type"] !== "tool_result");
    if (others.length === 0) return;
    if (isOfSubAgent(record)) return this.#readTask(record, timeMs);
    const text = others.map((block) => readText(block, "text") ?? "").join("\n");
    const said = readPromptKind(record, text);
    // What stands beside results was put there for the model.
    if (said.kind === "hidden" || (said.kind === "prompt" && results.length > 0))
      return this.#tell(record, others.map(toHidden));
    switch (said.kind) {
      case "interrupted":
        return this.#interrupt(record, text);
      case "compacted":
        return this.#tell(record, [compactionPart(record, text)]);
      case "printed":
        return this.#tell(record, [printedPart(said.text, text)]);
      case "prompt":
        return this.#addPrompt(record, said, others);
    }
  }

  #addPrompt(
    record: JsonObject,
    { text, isBareCommand = false }: { text: string; isBareCommand?: boolean },
    blocks: readonly JsonObject[],
  ): void {
    this.#closeAll();
    this.#items.session.noteTitle(text, isBareCommand ? "command" : "prompt");
    const timeMs = this.#items.readTime(record["timestamp"]);
    const message = this.#items.open({ key: this.#keyOf(record), role: "user", timeMs });
    const files = blocks.flatMap((block) => readFileBlock(block) ?? []);
    this.#items.addPart(message, { type: "text", text });
    for (const file of files) this.#items.addPart(message, file);
    this.#items.close(message);
  }

  /** Something that belongs to what is being said, or stands for itself where nothing is. */
  #tell(record: JsonObject, parts: readonly PartBody[]): void {
    if (this.#answer !== null) {
      for (const part of parts) this.#items.addPart(this.#answer, part);
      return;
    }
    const timeMs = this.#items.readTime(record["timestamp"]);
    const message = this.#items.open({ key: this.#keyOf(record), role: "system", timeMs });
    for (const part of parts) this.#items.addPart(message, part);
    this.#items.close(message);
  }

  #keep(record: JsonObject, isQuiet: boolean): void {
    const kind = readText(record, "type") ?? "";
    this.#tell(record, [{ type: "update", kind, data: record, ...(isQuiet && { ignored: true }) }]);
  }

  #readEvent(record: JsonObject): void {
    const content = readText(record, "content");
    const isQuiet = quietEvents.has(readText(record, "subtype") ?? "");
    if (content === null || isQuiet) return this.#keep(record, isQuiet);
    const said = readPromptKind({}, content);
    if (said.kind === "hidden") return this.#tell(record, [hiddenText(content)]);
    const text = said.kind === "prompt" || said.kind === "printed" ? said.text : content;
    this.#tell(record, [noticePart(readText(record, "level") ?? "info", text)]);
  }

  #interrupt(record: JsonObject, text: string): void {
    const error = { name: "MessageAbortedError" as const, data: { message: text } };
    if (this.#answer === null) return this.#tell(record, [noticePart("info", text)]);
    this.#answer.info.error = error;
    this.#closeAnswer();
  }

  #answerFor(record: JsonObject, timeMs: number): OpenMessage {
    if (isOfSubAgent(record)) return this.#subAnswerFor(record, timeMs);
    const key = readText(readObject(record, "message"), "id") ?? this.#keyOf(record);
    if (this.#answer?.key !== key) {
      this.#closeAnswer();
      this.#answer = this.#items.open({ key, role: "assistant", timeMs });
    }
    return this.#answer;
  }

  /** What a sub-agent does stands together, whatever others do at the same time. */
  #subAnswerFor(record: JsonObject, timeMs: number): OpenMessage {
    const { root, isRoot } = this.#subAgents.place(record);
    const known = this.#subAnswers.get(root);
    if (known) return known;
    const message = this.#items.open({
      // What comes after it was closed is another message.
      key: `task/${isRoot ? root : `${root}/${this.#keyOf(record)}`}`,
      role: "assistant",
      timeMs,
      agent: "sub-agent",
    });
    this.#subAnswers.set(root, message);
    if (this.#subAnswers.size > SUB_AGENTS_OPEN_MAX) this.#closeOldestSubAgent();
    return message;
  }

  #readTask(record: JsonObject, timeMs: number): void {
    const text = readBlocks(readObject(record, "message")["content"])
      .map((block) => readText(block, "text") ?? "")
      .join("\n");
    const isBegin = readText(record, "parentUuid") === null;
    const message = this.#subAnswerFor(record, timeMs);
    const [description = ""] = text.trim().split("\n", 1);
    this.#items.addPart(
      message,
      isBegin ? { type: "subtask", prompt: text, description, agent: "" } : hiddenText(text),
    );
  }

  #settle(
    block: JsonObject,
    { record, timeMs, isOnly }: { record: JsonObject; timeMs: number; isOnly: boolean },
  ): void {
    const callId = readText(block, "tool_use_id") ?? "";
    const facts = isOnly ? readResultFacts(readObject(record, "toolUseResult")) : {};
    const { text, files } = readToolResult(block["content"]);
    const isFailed = block["is_error"] === true;
    const isKnown = this.#items.settleCall(callId, (part, message) => {
      settleTool(part, { text, isFailed, timeMs, facts: this.#withSession(facts, record) });
      const attachments = files.map((file) => this.#items.createFile(message, file));
      if (attachments.length > 0) part.state.attachments = attachments;
    });
    if (!isKnown) this.#keep({ type: "tool_result", ...block }, false);
  }

  /** A sub-agent with a file of its own is a session of its own, called as that file says. */
  #withSession({ agentId, ...facts }: Record<string, unknown>, record: JsonObject) {
    const name = `${readText(record, "sessionId") ?? ""}/${String(agentId)}`;
    return agentId === undefined ? facts : { ...facts, sessionId: name };
  }

  #closeAnswer(): void {
    if (this.#answer) this.#items.close(this.#answer);
    this.#answer = null;
  }

  #closeOldestSubAgent(): void {
    const [oldest] = this.#subAnswers;
    if (!oldest) return;
    this.#items.close(oldest[1]);
    this.#subAnswers.delete(oldest[0]);
  }

  #closeAll(): void {
    this.#closeAnswer();
    for (const message of this.#subAnswers.values()) this.#items.close(message);
    this.#subAnswers.clear();
  }

  #keyOf = (record: JsonObject) => readText(record, "uuid") ?? `@${this.#items.offset}`;
}

/** A file of a sub-agent says so in every record: there it is the session itself. */
const isOfSubAgent = (record: JsonObject) =>
  record["isSidechain"] === true && readText(record, "agentId") === null;

const toHidden = (block: JsonObject): PartBody =>
  readFileBlock(block) ?? hiddenText(readText(block, "text") ?? JSON.stringify(block));

const printedPart = (printed: string, text: string): PartBody =>
  printed === "" || printed === "(no content)" ? hiddenText(text) : { type: "text", text: printed };

const compactionPart = (record: JsonObject, summary: string): PartBody => ({
  type: "compaction",
  auto: true,
  compactionId: readText(record, "uuid") ?? "",
  status: "completed",
  summary,
});

interface Settlement {
  text: string;
  isFailed: boolean;
  timeMs: number;
  facts: Record<string, unknown>;
}

function settleTool({ state }: ToolPart, { text, isFailed, timeMs, facts }: Settlement): void {
  state.status = isFailed ? "error" : "completed";
  state.output = text;
  if (isFailed) state.error = text || "The tool failed";
  state.time.end = timeMs;
  Object.assign(state.metadata, facts);
}
