import { createDeferred } from "#lib/create-deferred.ts";
import { toAppError } from "#lib/errors.ts";
import { TITLE_MAX_CHARACTERS } from "#lib/limits.ts";
import { attachmentItems } from "#server/attachments/attachment-items.ts";
import { createPromptBlocks } from "#server/attachments/prompt-blocks.ts";
import { readRecordedSession } from "#server/executions/read-recorded-session.ts";
import { createTurnRecorder } from "#server/executions/turn-recorder.ts";
import { writeItems } from "#server/items/write-items.ts";
import { collectContent } from "#server/outputs/collect-content.ts";
import { outputOptions } from "#server/outputs/output-options.ts";
import type { Services } from "#server/services.ts";
import { changeOwnSession, type Ownership } from "../change-session.ts";
import { outlastOutage } from "../outlast-outage.ts";
import type { GivenPrompt } from "./actor-view.ts";
import { applyChosen } from "./apply-chosen.ts";
import { describeEnd, describeFailure, type End } from "./describe-end.ts";
import { keepTitle } from "./keep-title.ts";
import { markDelivered, markStarted, settlePrompt } from "./settle-prompts.ts";
import type { RunningAgent } from "./start-agent.ts";
import { watchSilence } from "./watch-silence.ts";

type Needs = Pick<Services, "database" | "blobs" | "bus" | "log" | "environment" | "processId">;

export interface Turn {
  /** Resolves once the agent has begun to answer; rejects when it failed before. */
  started: Promise<void>;
  /**
   * Resolves when the prompt is settled and everything that the agent said is stored. Rejects when that could not be
   * written, and when the turn failed before it had started.
   */
  ended: Promise<void>;
}

interface TurnOptions {
  ownership: Ownership;
  agent: RunningAgent;
  prompt: GivenPrompt;
  /** What the session has cost so far, US dollars. */
  costBeforeUsd: number;
  /** Aborted with an `AppError` that says why the turn must end. */
  signal: AbortSignal;
  /** Aborted when an outage of the database is not waited for any longer. */
  mustStop: AbortSignal;
}

/**
 * Gives a prompt to the agent and records its answer. A failure before the first update leaves the prompt
 * `delivered`: the caller decides whether it waits again or is settled.
 */
export function runTurn(services: Needs, options: TurnOptions): Turn {
  const { promise: started, resolve, reject } = createDeferred<void>();
  const ended = takeTurn(services, options, resolve);
  ended.catch(reject);
  // Whoever waits for one of the two has the error; the other must not end the process.
  started.catch(() => {});
  return { started, ended };
}

async function takeTurn(
  services: Needs,
  { ownership, agent, prompt, costBeforeUsd, signal, mustStop }: TurnOptions,
  onStarted: () => void,
): Promise<void> {
  const delivered = await markDelivered(services, ownership, prompt.messageId);
  // Cancelled since the rows were read.
  if (!delivered) return onStarted();

  const lasting = <Result>(work: () => Promise<Result>) => outlastOutage(work, mustStop);
  const settle = (settlement: End) =>
    lasting(() =>
      settlePrompt(services, ownership, { messageId: prompt.messageId, ...settlement }),
    );
  /** Set with the agent's first word or the result, whichever comes first. */
  const beginning: { stored: Promise<void> | null } = { stored: null };
  const start = () => {
    beginning.stored ??= lasting(() => markStarted(services, ownership, prompt.messageId)).then(
      onStarted,
    );
    return beginning.stored;
  };
  await lasting(() => applyChosen(services, { ownership, agent, signal }));
  const { text } = delivered;
  const blocks = await createPromptBlocks(services, { ...agent, ...prompt, text, signal });
  const session = await lasting(() => readRecordedSession(services.database, ownership));
  const { executionId } = agent;
  const contents = collectContent(services, outputOptions(services, { ...ownership, executionId }));
  let hasFiles = prompt.attachments.length === 0;
  const recorder = createTurnRecorder({
    session,
    sessionId: ownership.sessionId,
    promptMessageId: prompt.messageId,
    promptText: text,
    agentLabel: agent.label,
    modelId: modelOf(agent),
    costBeforeUsd,
    contextBefore: agent.contextUsed,
    takesCompact: () => takesCompact(agent),
    writeItems: async (items) => {
      // Items have the bytes of outputs, and do not store them once more.
      await contents.settled();
      await lasting(() => writeItems(services, { ...ownership, items }));
      if (hasFiles) return;
      // Once, behind the message that they belong to.
      hasFiles = true;
      const readFiles = attachmentItems(services, { ...ownership, ...prompt });
      await lasting(() => writeItems(services, { ...ownership, items: readFiles() }));
    },
    publish: (event) => services.bus.publishVolatile(ownership.sessionId, event),
    onStart: () => void start().catch(() => {}),
    onTitle: keepTitle((title) => adoptTitle(services, ownership, title)),
  });

  const silence = watchSilence(services, ownership);
  let isAnswered = false;
  try {
    agent.files.beginTurn();
    const answer = agent.connection
      .prompt({
        sessionId: agent.agentSessionId,
        blocks,
        onUpdate(update) {
          silence.heard();
          const stored = contents.take(update);
          const pressure = recorder.onUpdate(update);
          return stored ? stored.then(() => pressure) : pressure;
        },
        signal,
      })
      .finally(() => (isAnswered = true));
    const result = await Promise.race([answer, recorder.failed]);
    // An agent that was told to stop before it had said a word has not begun.
    if (beginning.stored === null) signal.throwIfAborted();
    await start();
    ({ contextUsed: agent.contextUsed } = await recorder.finish(result));
    await agent.files.endTurn({ signal: mustStop });
    await silence.end();
    await settle(describeEnd(result.stopReason, signal));
  } catch (cause) {
    const error = toAppError(cause);
    // What could not be recorded must not go on: a retry would do the work twice.
    if (!isAnswered) await agent.connection.stop();
    if (beginning.stored === null) {
      // Why it was told to stop says more than that it did not.
      signal.throwIfAborted();
      throw error;
    }
    await beginning.stored;
    await recorder.finish({ error });
    await agent.files.endTurn({ signal: mustStop });
    await silence.end();
    await settle(describeFailure(error, signal));
  } finally {
    await silence.end();
    agent.files.rest();
  }
}

/** The model that answers from now on, where the agent tells. */
const modelOf = ({ connection, agentSessionId }: RunningAgent) =>
  connection.settings.get(agentSessionId).options.find(({ category }) => category === "model")
    ?.value ?? null;

/** Lists the command, or is known to take it. */
const takesCompact = ({ takesCompactUnlisted, connection, agentSessionId }: RunningAgent) =>
  takesCompactUnlisted ||
  connection.settings.get(agentSessionId).commands.some(({ name }) => name === "compact");

/** The agent's title replaces the one from the prompt, never one that a person gave. */
async function adoptTitle(services: Needs, ownership: Ownership, title: string): Promise<void> {
  await changeOwnSession(services, ownership, async (tx) => {
    await tx`
      update sessions set title = ${title.slice(0, TITLE_MAX_CHARACTERS)}, title_source = 'agent'
      where id = ${ownership.sessionId} and title_source <> 'person'`;
  }).catch((error: unknown) => services.log.warn({ err: error }, "title not stored"));
}
