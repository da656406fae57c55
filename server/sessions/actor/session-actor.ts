import { type AppError, toAppError } from "#lib/errors.ts";
import { isDatabaseAway } from "#server/database/is-database-away.ts";
import type { Log } from "#server/log.ts";
import type { Services } from "#server/services.ts";
import type { Ownership } from "../change-session.ts";
import type { Inbox } from "../inbox.ts";
import type { Lease } from "../lease.ts";
import { outlastOutage } from "../outlast-outage.ts";
import type { Drain } from "../session-worker.ts";
import { type ActorView, planKey, readActorView } from "./actor-view.ts";
import { keepChanges, keepCheckpoint } from "./keep-checkpoint.ts";
import { firstTurn, followUpTurn } from "./deliver-prompt.ts";
import { failPreparation, markPrepared } from "./end-preparation.ts";
import { prepareSession } from "./prepare-session.ts";
import type { PreparationRecorder } from "./preparation-recorder.ts";
import { releaseSession } from "./release-session.ts";
import { isSlotWanted } from "../slot-position.ts";
import { settleAbandonedPrompts } from "./settle-prompts.ts";
import type { RunningAgent } from "./start-agent.ts";
import { isStop, watchForStop } from "./watch-for-stop.ts";

/** The queue takes a job back after a day: well before that the actor hands itself over between two turns. */
const YIELD_AFTER_MS = 12 * 3_600_000;

export interface ActorParts {
  lease: Lease;
  inbox: Inbox;
  drain: Drain;
  /** The lease is lost, the job was taken away, or the time to drain is over. */
  mustStop: AbortSignal;
}

/** Everything slow of one session, done one thing after another by whoever holds its lease. */
export class SessionActor {
  readonly #services: Services & { log: Log };
  readonly #parts: ActorParts;
  readonly #beganAtMs = performance.now();
  #agent: RunningAgent | null = null;
  /** Of the agent's start, for the step that is left while its first prompt is held back. */
  #preparation: PreparationRecorder | null = null;
  /** What the agent's workspace was made from. */
  #plan: string | null = null;
  #idleSinceMs = performance.now();
  /** A turn has ended since changes of files were read. */
  #hasNewChanges = false;
  /** Waits for a prompt, with an agent that does nothing. */
  isIdle = false;

  constructor(services: Services & { log: Log }, parts: ActorParts) {
    this.#services = services;
    this.#parts = parts;
  }

  get #ownership(): Ownership {
    const { sessionId, generation, fence } = this.#parts.lease;
    return { sessionId, generation, fence };
  }

  /** Returns when the session is released; throws when it was taken away, deleted, or the database is gone. */
  async act(): Promise<void> {
    await settleAbandonedPrompts(this.#services, this.#ownership);
    for (;;) {
      this.#parts.lease.lost.throwIfAborted();
      const view = await this.#readView();
      if (view === null || !(await this.#actOn(view))) return;
    }
  }

  #readView(): Promise<ActorView | null> {
    const read = () => readActorView(this.#services.database, this.#ownership);
    return outlastOutage(read, this.#parts.mustStop);
  }

  async stopAgent(): Promise<void> {
    const agent = this.#agent;
    this.#agent = null;
    await agent?.connection.stop();
  }

  /** One round; false when the session was released. */
  async #actOn(view: ActorView): Promise<boolean> {
    await this.#dropStaleAgent(view);
    if (view.status === "failed" && this.#agent === null) return this.#release(false);
    const hasWork = view.prompt !== null && view.initiated;
    const isUnprepared =
      view.preparationStatus === "waiting" || view.preparationStatus === "running";
    const mustPrepare = this.#agent === null && (hasWork || (isUnprepared && !view.ready));
    if (hasWork || mustPrepare) {
      if (this.#mustYield()) return this.#release(true);
      await this.#work(view);
      this.#idleSinceMs = performance.now();
      this.#hasNewChanges = true;
      return true;
    }
    if (this.#hasNewChanges) {
      this.#hasNewChanges = false;
      await keepChanges(this.#services, this.#keepOptions());
      return true;
    }
    if (this.#agent === null || this.#mustYield() || (await this.#hasIdledEnough())) {
      return this.#release(false);
    }
    this.isIdle = true;
    await this.#parts.inbox.wait(this.#parts.mustStop, this.#parts.drain.begun, this.#agent.gone);
    this.isIdle = false;
    return true;
  }

  async #work(view: ActorView): Promise<void> {
    const agent = this.#agent;
    if (agent && view.prompt && view.ready) {
      await this.#withStop((signal) =>
        followUpTurn(this.#services, { ...this.#turn(view), agent, signal }),
      );
      return;
    }
    if (agent && this.#preparation) {
      // The held-back prompt of a prepared session was released.
      const preparation = this.#preparation;
      return this.#attempt(view, (signal) => this.#finishPreparation(agent, preparation, signal));
    }
    await this.#prepare(view);
  }

  /** From the disk check to the agent's first word, or to `prepared` when the prompt is held back. */
  async #prepare(view: ActorView): Promise<void> {
    await this.#attempt(view, async (signal) => {
      const { agent, preparation } = await prepareSession(this.#services, {
        ownership: this.#ownership,
        view,
        signal,
      });
      this.#agent = agent;
      this.#preparation = preparation;
      this.#plan = planKey(view);
      await this.#finishPreparation(agent, preparation, signal);
    });
  }

  async #finishPreparation(
    agent: RunningAgent,
    preparation: PreparationRecorder,
    signal: AbortSignal,
  ): Promise<void> {
    // Read again: while the workspace was made, the prompt may have been changed or released.
    const view = await this.#readView();
    // Gone, or planned anew since: the next round looks at it.
    if (view === null || (!view.ready && this.#plan !== planKey(view))) return;
    if (view.ready || !view.initiated || view.prompt === null) {
      await markPrepared(this.#services, this.#ownership, view);
      return;
    }
    await firstTurn(this.#services, { ...this.#turn(view), agent, preparation, signal });
  }

  async #attempt(view: ActorView, run: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      await this.#withStop(run);
    } catch (error) {
      // Nobody's fault but the database's: the next run begins it again by itself.
      if (isDatabaseAway(error)) throw error;
      await this.#fail(view, toAppError(error));
    }
  }

  /** The failed step is recorded already; what it left behind goes, the prompt and Retry stay. */
  async #fail(view: ActorView, error: AppError): Promise<void> {
    await this.stopAgent();
    this.#parts.lease.lost.throwIfAborted();
    if (error.code === "internal") this.#services.log.error({ err: error }, "preparation failed");
    const beginAgain = this.#parts.mustStop.aborted && !isStop(error);
    await failPreparation(this.#services, { ownership: this.#ownership, view, error, beginAgain });
  }

  #turn(view: ActorView) {
    if (!view.prompt) throw new Error("There is no prompt to deliver");
    const { mustStop } = this.#parts;
    return {
      ownership: this.#ownership,
      prompt: view.prompt,
      costBeforeUsd: view.costUsd,
      mustStop,
    };
  }

  /** Runs something that a Stop, a drain or a deletion ends. */
  async #withStop(run: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { inbox, mustStop } = this.#parts;
    const watch = watchForStop(this.#services, { ownership: this.#ownership, inbox, mustStop });
    try {
      await run(watch.signal);
    } finally {
      await watch.end();
    }
  }

  async #dropStaleAgent(view: ActorView): Promise<void> {
    if (this.#agent === null) return;
    if (this.#agent.gone.aborted || (!view.ready && this.#plan !== planKey(view))) {
      await this.stopAgent();
    }
  }

  #keepOptions() {
    const { lease, inbox, drain, mustStop } = this.#parts;
    const isLast = drain.begun.aborted || mustStop.aborted;
    // What must stop has little time left for this: the deadline of a last one ends it.
    const signal = isLast ? lease.lost : mustStop;
    return { ownership: this.#ownership, inbox, isLast, signal };
  }

  #mustYield(): boolean {
    const { drain, mustStop } = this.#parts;
    if (drain.begun.aborted || mustStop.aborted) return true;
    return performance.now() - this.#beganAtMs > YIELD_AFTER_MS;
  }

  /** True after the idle timeout, and at once when somebody waits for the slot. */
  async #hasIdledEnough(): Promise<boolean> {
    const { environment, database, hostId } = this.#services;
    if (performance.now() - this.#idleSinceMs > environment.IDLE_TIMEOUT_MS) return true;
    return isSlotWanted(database.sql, hostId);
  }

  /** False when released; true when there is work after all, unless that is for the next owner, who is called. */
  async #release(callNext: boolean): Promise<boolean> {
    await this.stopAgent();
    await keepCheckpoint(this.#services, this.#keepOptions());
    return !(await releaseSession(this.#services, this.#ownership, { callNext }));
  }
}
