import { index, pgTable } from "drizzle-orm/pg-core";
import { sortedText } from "./columns.ts";

/** Which process works on which job, so that the jobs of a dead process are tried again at once. */
export const runningJobs = pgTable(
  "running_jobs",
  (t) => ({
    jobId: t.uuid("job_id").primaryKey(),
    queueName: t.text("queue_name").notNull(),
    /** The queue's own count of the attempt; an outcome for another attempt is refused. */
    retryCount: t.integer("retry_count").notNull(),
    processId: sortedText("process_id").notNull(),
  }),
  (table) => [index("running_jobs_process").on(table.processId)],
);
