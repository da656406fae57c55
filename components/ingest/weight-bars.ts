import type { SessionWeight, WeightGroup } from "#server/ingest/weigh-session.ts";
import { readText } from "#lib/json.ts";
import { parseCutJson } from "#lib/parse-cut-json.ts";

export interface WeightBar {
  label: string;
  bytes: number;
  /** How many of what. */
  count: number;
  /** Where in the page it is; null when it is nowhere in particular. */
  messageId: string | null;
}

const BARS_MAX = 8;

const kindLabels: ReadonlyMap<string, string> = new Map(
  Object.entries({
    text: "Text",
    tool: "Tool calls",
    reasoning: "Reasoning",
    file: "Files",
    patch: "Patches",
    subtask: "Sub-sessions",
    compaction: "Compactions",
    agent: "Agents",
    retry: "Retries",
    snapshot: "Snapshots",
    "step-start": "Starts of steps",
    "step-finish": "Ends of steps",
  }),
);

const typeLabels: ReadonlyMap<string, string> = new Map(
  Object.entries({
    message: "Messages",
    session_diff: "Diffs of the session",
    session: "Session records",
  }),
);

/** Bytes by what they are: kinds of parts and types of everything else, heaviest first. */
export function barsByKind({ groups, bytes, itemCount }: SessionWeight): WeightBar[] {
  return toBars(groups, { nameOf: labelOf, bytes, itemCount });
}

/** Bytes of tool calls by tool, heaviest first. */
export function barsByTool({ groups }: SessionWeight): WeightBar[] {
  const calls = groups.filter(({ kind }) => kind === "tool");
  const bytes = calls.reduce((sum, group) => sum + group.bytes, 0);
  const itemCount = calls.reduce((sum, group) => sum + group.count, 0);
  return toBars(calls, { nameOf: ({ tool }) => tool ?? "Without a name", bytes, itemCount });
}

/** Bytes by turn, heaviest first, with the words of the prompt. */
export function barsByTurn({ turns }: SessionWeight): WeightBar[] {
  return turns.map(({ turn, bytes, messageCount, messageId, promptHead }) => ({
    label: turn === 0 ? "Before the first prompt" : turnLabel(turn, promptHead),
    bytes,
    count: messageCount,
    messageId,
  }));
}

interface Whole {
  nameOf: (group: WeightGroup) => string;
  bytes: number;
  itemCount: number;
}

function toBars(groups: readonly WeightGroup[], { nameOf, bytes, itemCount }: Whole): WeightBar[] {
  const sums = new Map<string, WeightBar>();
  for (const group of groups) {
    const label = nameOf(group);
    const bar = sums.get(label) ?? { label, bytes: 0, count: 0, messageId: null };
    sums.set(label, { ...bar, bytes: bar.bytes + group.bytes, count: bar.count + group.count });
  }
  const bars = [...sums.values()].toSorted((a, b) => b.bytes - a.bytes);
  const shown = bars.slice(0, bars.length > BARS_MAX ? BARS_MAX - 1 : BARS_MAX);
  const restBytes = bytes - shown.reduce((sum, bar) => sum + bar.bytes, 0);
  const restCount = itemCount - shown.reduce((sum, bar) => sum + bar.count, 0);
  if (restCount <= 0) return shown;
  return [
    ...shown,
    { label: "Everything else", bytes: restBytes, count: restCount, messageId: null },
  ];
}

function labelOf({ type, kind }: WeightGroup): string {
  if (type !== "part") return typeLabels.get(type) ?? type;
  return kind === null ? "Parts without a kind" : (kindLabels.get(kind) ?? kind);
}

const PROMPT_WORDS_MAX = 60;

function turnLabel(turn: number, promptHead: string | null): string {
  const text = promptHead === null ? null : readText(parseCutJson(promptHead), "text");
  if (text === null) return `Turn ${turn}`;
  const line = text.trim().replaceAll(/\s+/g, " ");
  const cut = line.length > PROMPT_WORDS_MAX ? `${line.slice(0, PROMPT_WORDS_MAX)}…` : line;
  return `${turn}. ${cut}`;
}
