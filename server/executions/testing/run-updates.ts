import type { AgentUpdate } from "#server/agents/agent-update.ts";
import { applyUpdate } from "../acp-to-items.ts";
import type { AssistantMessage } from "../canonical-items.ts";
import { createTurnItems } from "../turn-items.ts";

const createAnswer = (): AssistantMessage => ({
  id: "msg_2",
  sessionID: "ses_1",
  role: "assistant",
  time: { created: 100 },
  parentID: "msg_1",
  agent: "Scripted",
  mode: "Scripted",
  modelID: "",
  providerID: "",
  path: { cwd: "", root: "" },
  cost: 0,
  tokens: { input: 0, output: 0, reasoning: 0, cache: { read: 0, write: 0 } },
});

/** Reduces updates to a turn, with part ids `prt_1`, `prt_2` … and 10 ms between updates, the first at 1,010. */
export function runUpdates(
  updates: AgentUpdate[],
  turnOptions: Parameters<typeof createTurnItems>[1] = {},
) {
  const turn = createTurnItems(createAnswer(), turnOptions);
  let partCount = 0;
  let now = 1_000;
  const createPartId = () => `prt_${(partCount += 1)}`;
  const changes = updates.map((update) =>
    applyUpdate(turn, update, { now: (now += 10), createPartId }),
  );
  return { turn, changes, parts: [...turn.parts.values()] };
}
