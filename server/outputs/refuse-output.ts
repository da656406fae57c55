import { type AppError, isAppError, toAppError } from "#lib/errors.ts";
import { createOutputId } from "#lib/ids.ts";
import { transact } from "#server/live/transact.ts";
import { type NewOutput, nextNumber, noteChange, type OutputServices } from "./begin-output.ts";
import { openOutput, type OpenOutput, type OutputWriter } from "./open-output.ts";

/** Of one turn, or one look at files; one more row tells of the others. */
export const REFUSAL_ROWS_MAX = 20;
/** Of the row that tells of what has none of its own. */
export const REST_PORT = "(not brought out)";

/**
 * `openOutput` for whoever has nobody to answer: an output that is refused leaves a row that says so. Throws the same.
 */
export async function openOrRefuse(
  services: OutputServices,
  output: OpenOutput,
): Promise<OutputWriter> {
  try {
    return await openOutput(services, output);
  } catch (error) {
    await refuseOutput(services, output, toAppError(error));
    throw error;
  }
}

/**
 * Tells of an output that is not stored: empty, incomplete, and with the reason. Takes no room of the session's quota;
 * nothing happens when the session was deleted.
 */
export async function refuseOutput(
  services: OutputServices,
  output: NewOutput,
  { message }: Pick<AppError, "message">,
): Promise<void> {
  await transact(services, async (tx) => {
    const { seq } = await noteChange(tx, output);
    const { sessionId, generation, executionId, port } = output;
    await tx`update sessions set output_count = output_count + 1 where id = ${sessionId}`;
    await tx`
      insert into outputs (
        id, session_id, generation, execution_id, port, n, source, mode, format, mime, name, state,
        value, error, file_version, process_id, first_seq, seq, ended_at
      ) values (
        ${createOutputId()}, ${sessionId}, ${generation}, ${executionId}, ${port},
        ${nextNumber(tx, output)}, ${output.source}, ${output.mode}, ${output.format ?? null},
        ${output.mime}, ${output.name ?? null}, 'incomplete', ${Buffer.alloc(0)}, ${message},
        ${output.fileVersion ?? null}, ${services.processId}, ${seq}, ${seq}, now()
      )`;
  }).catch((error: unknown) => {
    if (!isAppError(error) || error.code !== "gone") throw error;
  });
}
