import { AppError, isAppError } from "#lib/errors.ts";
import { transact } from "#server/live/transact.ts";
import { type ExecutionTarget, noteChange, type OutputServices } from "./begin-output.ts";

/**
 * Says in a row that this process runs the execution, so that whoever waits for its end hears of it also when the
 * process dies. One that did not finish may be run again. Throws `gone` for a deleted session, `conflict` for what runs
 * already, or has finished.
 */
export async function recordStart(
  services: OutputServices,
  { sessionId, generation, executionId }: ExecutionTarget,
): Promise<void> {
  await transact(services, async (tx) => {
    await noteChange(tx, { sessionId, generation });
    const { count } = await tx`
      insert into execution_results (session_id, generation, execution_id, state, process_id)
      values (${sessionId}, ${generation}, ${executionId}, 'running', ${services.processId})
      on conflict (session_id, generation, execution_id) do update
      set state = 'running', process_id = ${services.processId}, error = null, ended_at = null
      where execution_results.state = 'incomplete'`;
    if (count === 0)
      throw new AppError("conflict", "The execution runs already, or has finished", {
        details: { executionId },
      });
  });
}

/**
 * Says in a row how an execution ended: null for in order. What it brought are its outputs, so the row is small whatever
 * that was. The first ending counts: `conflict` when somebody else ended what finishes here. Of a deleted session nothing
 * is said.
 */
export async function recordResult(
  services: OutputServices,
  { sessionId, generation, executionId }: ExecutionTarget,
  failure: AppError | null,
): Promise<void> {
  const state = failure === null ? "complete" : "incomplete";
  const error = failure && cutText(failure.message);
  await transact(services, async (tx) => {
    await noteChange(tx, { sessionId, generation });
    const { count } = await tx`
      update execution_results set state = ${state}, error = ${error}, ended_at = now()
      where session_id = ${sessionId} and generation = ${generation}
        and execution_id = ${executionId} and state = 'running'
        and process_id = ${services.processId}`;
    if (count === 0 && failure === null)
      throw new AppError("conflict", "The execution was ended by somebody else", {
        details: { executionId },
      });
  }).catch((cause: unknown) => {
    if (failure === null || !isAppError(cause) || cause.code !== "gone") throw cause;
  });
}

const ERROR_MAX_BYTES = 500;

/** As much as fits, without the pieces of a character that does not. */
function cutText(text: string): string {
  const bytes = new Uint8Array(ERROR_MAX_BYTES);
  const { written } = new TextEncoder().encodeInto(text, bytes);
  return new TextDecoder().decode(bytes.subarray(0, written));
}
