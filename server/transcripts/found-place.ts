import type { RecordPlace } from "./element-queue.ts";
import type { FoundRecord } from "./read-record.ts";

/** A record and where in the document it stands. */
export type FoundPlace = FoundRecord & RecordPlace;
