import { isAppError } from "#lib/errors.ts";
import { isItemId } from "#lib/ids.ts";
import type { TransactionSql } from "#server/database/database.ts";
import { keepToKeys } from "./keep-to-keys.ts";
import {
  findTurn,
  getOrderedPlace,
  missingPlace,
  type OrderedPlace,
  type Target,
} from "./transcript-bounds.ts";
import { parsePlace } from "./transcript-place.ts";

/** Where a window is wanted: at an edge, or around a place. */
export interface Around {
  edge: "start" | "end" | null;
  place: OrderedPlace | null;
}

const TURN = /^turn:([1-9]\d{0,8})$/;

/** Finds what `WindowPlace.around` names. Throws `invalid_input` and `not_found`. */
export async function resolveAround(
  tx: TransactionSql,
  target: Target,
  around: string,
): Promise<Around> {
  if (around === "start" || around === "end") return { edge: around, place: null };
  const turn = TURN.exec(around)?.[1];
  if (turn !== undefined) {
    const place = await findTurn(tx, target, Number(turn));
    if (place === null) throw missingPlace();
    return { edge: null, place };
  }
  return { edge: null, place: await resolvePlace(tx, target, around) };
}

async function resolvePlace(
  tx: TransactionSql,
  target: Target,
  around: string,
): Promise<OrderedPlace> {
  try {
    return await getOrderedPlace(tx, target, parsePlace(around));
  } catch (error) {
    const isUnknown = isAppError(error) && error.code === "not_found";
    if (!isUnknown || !isItemId(around)) throw error;
    return getOrderedPlace(tx, target, {
      messageId: await getMessageOfPart(tx, target, around),
      partId: around,
    });
  }
}

/** Addresses may name a part alone. Walks over the keys of the session's parts: the one reading that is not the same everywhere. */
async function getMessageOfPart(
  tx: TransactionSql,
  { sessionId, generation }: Target,
  partId: string,
): Promise<string> {
  await keepToKeys(tx);
  const [row] = await tx<{ messageId: string }[]>`
    select message_id as "messageId" from items
    where session_id = ${sessionId} and generation = ${generation} and type = 'part' and part_id = ${partId}
    order by message_id limit 1`;
  if (!row) throw missingPlace();
  return row.messageId;
}
