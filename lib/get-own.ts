/** By a name that others chose: what every object has, `constructor` and the like, is none of the record's. */
export const getOwn = <Value>(
  record: Readonly<Record<string, Value>>,
  name: string,
): Value | undefined => (Object.hasOwn(record, name) ? record[name] : undefined);
