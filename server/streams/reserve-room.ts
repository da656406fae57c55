import { randomUUID } from "node:crypto";
import { BLOB_SEGMENT_BYTES, TEAM_STREAMS_MAX_BYTES } from "#lib/limits.ts";
import type { Services } from "#server/services.ts";
import { readTakenBytes, type StreamRoom, streamsFull } from "./stream-quota.ts";

/** Of an append of unknown length: of the room that is left, a step takes so much at most, so that nobody is refused for what another will not use. */
const STEP_DIVISOR = 16;

/** Room of a team's quota for the bytes of one append, taken while they come. */
export interface ReservedRoom {
  id: string;
  /**
   * Resolves when there is room for so many bytes in all: nothing is stored before. Throws `too_large` when there is
   * none. One call at a time.
   */
  cover(bytes: number): Promise<void>;
  /** Gives back what was not counted meanwhile; what fails now is done with the next one's. Never rejects. */
  release(): Promise<void>;
}

type Needs = Pick<Services, "database" | "log" | "processId">;

/** Ids of reservations that are over, until their rows are gone. */
const over = new Set<string>();

/**
 * Begins a reservation, for appends that are stored while they come: of many at one time all together store no more than
 * the quota, whichever of them become part of a stream. It ends with the process at the latest. Throws `too_large` when
 * there is no room, or not so much as was announced.
 */
export async function reserveRoom(
  services: Needs,
  teamId: string,
  { announcedBytes, quotaBytes = TEAM_STREAMS_MAX_BYTES }: StreamRoom,
): Promise<ReservedRoom> {
  const { sql } = services.database;
  const id = randomUUID();
  let coveredBytes = 0;
  const usedBytes = await readTakenBytes(sql, teamId);
  if (usedBytes + Math.max(1, announcedBytes ?? 0) > quotaBytes) {
    throw streamsFull({ quotaBytes, usedBytes });
  }
  return {
    id,
    async cover(bytes) {
      if (bytes <= coveredBytes) return;
      coveredBytes = await takeRoom(services, { id, teamId, bytes, announcedBytes, quotaBytes });
    },
    async release() {
      over.add(id);
      await removeOver(services);
    },
  };
}

async function removeOver({ database, log }: Needs): Promise<void> {
  const ids = [...over];
  try {
    await database.sql`delete from stream_reservations where id = any(${ids}::uuid[])`;
    for (const id of ids) over.delete(id);
  } catch (error) {
    log.warn(
      { err: error, count: ids.length },
      "room of streams not given back, to be tried again",
    );
  }
}

interface Taking {
  id: string;
  teamId: string;
  /** What is needed now, of the whole append. */
  bytes: number;
  announcedBytes: number | null | undefined;
  quotaBytes: number;
}

/**
 * Reserves what was announced, so that what begins to come comes whole; of an unknown length what is needed, and a step
 * ahead where there is enough. Answers how much that is.
 */
function takeRoom(
  { database, processId }: Pick<Needs, "database" | "processId">,
  { id, teamId, bytes, announcedBytes, quotaBytes }: Taking,
): Promise<number> {
  const neededBytes = Math.max(bytes, announcedBytes ?? 0);
  return database.sql.begin(async (tx) => {
    await tx`insert into stream_usage (team_id) values (${teamId}) on conflict do nothing`;
    // A statement of its own: what the next one sees is as it is when the row is ours.
    await tx`select from stream_usage where team_id = ${teamId} for update`;
    const usedBytes = await readTakenBytes(tx, teamId, id);
    const leftBytes = quotaBytes - usedBytes - neededBytes;
    if (leftBytes < 0) throw streamsFull({ quotaBytes, usedBytes });
    const isKnown = neededBytes === announcedBytes;
    const stepBytes = Math.min(BLOB_SEGMENT_BYTES, Math.floor(leftBytes / STEP_DIVISOR));
    const reservedBytes = neededBytes + (isKnown ? 0 : stepBytes);
    await tx`
      insert into stream_reservations (id, team_id, process_id, bytes)
      values (${id}, ${teamId}, ${processId}, ${reservedBytes})
      on conflict (id) do update set bytes = excluded.bytes`;
    return reservedBytes;
  });
}
