import { type AppError, isAppError } from "#lib/errors.ts";
import { transact } from "#server/live/transact.ts";
import { type ExecutionTarget, noteChange, type OutputServices } from "./begin-output.ts";

/**
 * Says in a row how an execution ended: null for in order. What it brought are its outputs, so the row is small whatever
 * that was. The first ending counts; of a deleted session nothing is said.
 */
export async function recordResult(
  services: OutputServices,
  { sessionId, generation, executionId }: ExecutionTarget,
  failure: AppError | null,
): Promise<void> {
  const state = failure === null ? "complete" : "incomplete";
  const error = failure?.message.slice(0, ERROR_MAX_CHARACTERS) ?? null;
  await transact(services, async (tx) => {
    await noteChange(tx, { sessionId, generation });
    await tx`
      insert into execution_results (session_id, generation, execution_id, state, error)
      values (${sessionId}, ${generation}, ${executionId}, ${state}, ${error})
      on conflict do nothing`;
  }).catch((cause: unknown) => {
    if (failure === null || !isAppError(cause) || cause.code !== "gone") throw cause;
  });
}

const ERROR_MAX_CHARACTERS = 500;
