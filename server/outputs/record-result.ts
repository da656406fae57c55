import { AppError, isAppError } from "#lib/errors.ts";
import { retryPassing } from "#server/items/retry-passing.ts";
import { transact } from "#server/live/transact.ts";
import { type ExecutionTarget, noteChange, type OutputServices } from "./begin-output.ts";

/** One run of an execution. */
export interface Attempt extends ExecutionTarget {
  attemptId: string;
}

/**
 * Says in a row that this process runs the execution, so that whoever waits for its end hears of it also when the
 * process dies. One that did not finish may be run again. Throws `gone` for a deleted session, `conflict` for what runs
 * already, or has finished. Safe to repeat, as `recordResult` is: both try again what fails for reasons that pass.
 */
export function recordStart(services: OutputServices, attempt: Attempt): Promise<void> {
  return retryPassing(() => storeStart(services, attempt), undefined);
}

function storeStart(
  services: OutputServices,
  { sessionId, generation, executionId, attemptId }: Attempt,
): Promise<void> {
  return transact(services, async (tx) => {
    const { seq } = await noteChange(tx, { sessionId, generation });
    const { count } = await tx`
      insert into execution_results as known (
        session_id, generation, execution_id, state, process_id, attempt_id, started_seq
      ) values (
        ${sessionId}, ${generation}, ${executionId}, 'running', ${services.processId}, ${attemptId},
        ${seq}
      )
      on conflict (session_id, generation, execution_id) do update
      set state = 'running', process_id = excluded.process_id, attempt_id = excluded.attempt_id,
        started_seq = excluded.started_seq, error = null, ended_at = null
      where known.state = 'incomplete'
        or (known.state = 'running' and known.attempt_id = excluded.attempt_id)`;
    if (count === 0)
      throw new AppError("conflict", "The execution runs already, or has finished", {
        details: { executionId },
      });
  });
}

/**
 * Says in a row how an execution ended: null for in order. What it brought are its outputs, so the row is small whatever
 * that was. The first ending counts, and none but of the latest run: `conflict` when somebody else ended what finishes
 * here. Of a deleted session nothing is said.
 */
export async function recordResult(
  services: OutputServices,
  attempt: Attempt,
  failure: AppError | null,
): Promise<void> {
  try {
    await retryPassing(() => storeResult(services, attempt, failure), undefined);
  } catch (cause) {
    if (failure === null || !isAppError(cause) || cause.code !== "gone") throw cause;
  }
}

function storeResult(
  services: OutputServices,
  { sessionId, generation, executionId, attemptId }: Attempt,
  failure: AppError | null,
): Promise<void> {
  const state = failure === null ? "complete" : "incomplete";
  const error = failure && cutText(failure.message);
  return transact(services, async (tx) => {
    await noteChange(tx, { sessionId, generation });
    const { count } = await tx`
      update execution_results
      set state = ${state}, error = ${error}, ended_at = coalesce(ended_at, now())
      where session_id = ${sessionId} and generation = ${generation}
        and execution_id = ${executionId} and attempt_id = ${attemptId}
        -- It may have been said already, by a transaction whose answer was lost.
        and state = any(${failure === null ? ["running", state] : ["running"]})`;
    if (count === 0 && failure === null)
      throw new AppError("conflict", "The execution was ended by somebody else", {
        details: { executionId },
      });
  });
}

const ERROR_MAX_BYTES = 500;

/** As much as fits, without the pieces of a character that does not. */
function cutText(text: string): string {
  const bytes = new Uint8Array(ERROR_MAX_BYTES);
  const { written } = new TextEncoder().encodeInto(text, bytes);
  return new TextDecoder().decode(bytes.subarray(0, written));
}
