import type { WireItem } from "#lib/live-protocol.ts";
import { SOCKET_INLINE_MAX_BYTES } from "#lib/limits.ts";
import type { Database } from "#server/database/database.ts";
import type { MovedMessage } from "./plan-messages.ts";
import { selectWireItem, toWireItem, wireCost, type WireItemRow } from "./wire-item.ts";

export interface ItemsAfter {
  sessionId: string;
  generation: number;
  /** Exclusive. */
  afterSeq: number;
  maxCount: number;
  /** Of bodies and previews, with some 256 bytes for each item; one item comes even if it is larger. */
  maxBytes: number;
}

export interface ChangedItems {
  /** Ascending `seq`, as last stored; superseded positions are left out. */
  items: WireItem[];
  /** Messages among them that found their place after a part of theirs had come. */
  moved: MovedMessage[];
  /** Nothing committed came after the last one when the page was read. */
  done: boolean;
}

/**
 * The next page of a session's change log, as one statement sees it. Sizes are added up before bodies are looked at,
 * so a page of large rows never fills memory. Positions become visible in order: who goes on from the last item's
 * `seq` misses nothing.
 */
export async function readItemsAfter(
  { sql }: Database,
  { sessionId, generation, afterSeq, maxCount, maxBytes }: ItemsAfter,
): Promise<ChangedItems> {
  const rows = await sql<(WireItemRow & { sortKey: string | null; foundCount: string })[]>`
    with found as (
      select i.seq, ${wireCost(sql, SOCKET_INLINE_MAX_BYTES)} as cost
      from items i
      where i.session_id = ${sessionId} and i.generation = ${generation} and i.seq > ${afterSeq}
      order by i.seq limit ${maxCount + 1}
    ), measured as (
      select seq, count(*) over () as "foundCount", row_number() over (order by seq) as place,
        sum(cost) over (order by seq) as total
      from found
    )
    select ${selectWireItem(sql, SOCKET_INLINE_MAX_BYTES)}, "foundCount",
      case when i.first_seq > ${afterSeq} then m.sort_key end as "sortKey"
    from measured
    join items i on i.session_id = ${sessionId} and i.generation = ${generation} and i.seq = measured.seq
    left join messages m on i.type = 'message' and not i.deleted and m.session_id = i.session_id
      and m.generation = i.generation and m.message_id = i.message_id and m.first_seq < i.first_seq
    where place = 1 or (place <= ${maxCount} and total <= ${maxBytes})
    order by i.seq`;
  return {
    items: rows.map(toWireItem),
    moved: rows.flatMap(({ messageId, sortKey }) =>
      sortKey === null ? [] : [{ messageId, sortKey }],
    ),
    done: rows.length === Number(rows[0]?.foundCount ?? 0),
  };
}
