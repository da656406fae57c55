import type { TransactionSql } from "#server/database/database.ts";

/**
 * Until the transaction ends, PostgreSQL reads in the order of an index or not at all: no walk over a table, no joining
 * of whole sets, no sorting where an index has the order. A statement that asks for the order of a key then gets that
 * key's index, whatever PostgreSQL believes of the table's size: right after an import it believes that a session is
 * one row, any index seems as good, and the one of the change log walks over the session for each message.
 */
export async function keepToKeys(tx: TransactionSql): Promise<void> {
  await tx`
    select set_config(name, 'off', true)
    from unnest(${UNWANTED}::text[]) as name`;
}

const UNWANTED = [
  "enable_seqscan",
  "enable_bitmapscan",
  "enable_hashjoin",
  "enable_mergejoin",
  "enable_sort",
  "enable_material",
  "enable_memoize",
  // Plans that are not wanted are counted as dear, and what is dear would be compiled.
  "jit",
];
