import type { Output } from "#lib/output.ts";
import type { TurnOutputs } from "#lib/turn-outputs.ts";
import type { Database } from "#server/database/database.ts";
import { fromOutputs, outputColumns } from "./output-row.ts";

interface TurnsQuery {
  sessionId: string;
  generation: number;
  /** Where turns begin in the session's log, ascending: what began before the first of them belongs to none. */
  starts: readonly number[];
  /** Where the last of them ends; null where it is the session's last. */
  until: number | null;
  /** So many of each turn: those that are being written, then the newest. */
  limit: number;
}

/** What came out of each of some turns; turns without outputs are left out. */
export async function listTurnOutputs(
  { sql }: Database,
  { sessionId, generation, starts, until, limit }: TurnsQuery,
): Promise<TurnOutputs[]> {
  const rows = await sql<(Output & { turn: number; total: number })[]>`
    select turn, total, ${outputColumns(sql)} ${fromOutputs(sql)}
      join (
        select id, turn, count(*) over (partition by turn)::int as total,
          row_number() over (partition by turn order by is_writing desc, id desc) as place
        from (
          select id, state = 'writing' as is_writing,
            width_bucket(first_seq, ${starts as number[]}::bigint[]) as turn
          from outputs
          where session_id = ${sessionId} and generation = ${generation}
            and first_seq >= ${starts[0] ?? 0}
            ${until === null ? sql`` : sql`and first_seq <= ${until}`}
        ) placed
      ) ranked on ranked.id = o.id and place <= ${limit}
    order by turn, o.id`;
  const turns = new Map<number, TurnOutputs>();
  for (const { turn, total, ...output } of rows) {
    const known = turns.get(turn) ?? { start: starts[turn - 1] ?? 0, outputs: [], total };
    known.outputs.push(output);
    turns.set(turn, known);
  }
  return [...turns.values()];
}
