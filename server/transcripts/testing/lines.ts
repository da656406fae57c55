let count = 0;

/** A record as Claude Code writes it, each a second after the one before. */
export function line(record: object): object {
  count += 1;
  return {
    parentUuid: null,
    isSidechain: false,
    sessionId: "06381696-0074-49f8-863e-6ad4fac507f9",
    uuid: `record-${count}`,
    timestamp: new Date(1_700_000_000_000 + 1_000 * count).toISOString(),
    ...record,
  };
}

export const linesOf = (records: readonly object[]): Buffer =>
  Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(""));
