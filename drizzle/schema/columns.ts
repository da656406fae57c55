import { customType, timestamp } from "drizzle-orm/pg-core";

/** Text that sorts by its bytes, on every server alike: ids, keys, everything that is paged or compared. */
export const sortedText = customType<{ data: string; driverData: string }>({
  dataType: () => `text COLLATE "C"`,
});

/** Raw bytes. */
export const bytea = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => "bytea",
});

/** A moment, read and written as a `Date`. */
export const moment = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });
