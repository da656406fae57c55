ALTER TABLE "batches" ADD COLUMN "queued_count" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "batches" ADD COLUMN "running_count" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "batches" ADD COLUMN "done_count" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "batches" ADD COLUMN "failed_count" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "batches" ADD COLUMN "cancelled_count" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "batches" ADD COLUMN "conflict_count" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "batches" ADD COLUMN "unassigned_count" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "batches_finished" ON "batches" USING btree ("finished_at") WHERE finished_at is not null;--> statement-breakpoint
ALTER TABLE "batches" ADD CONSTRAINT "batches_counts" CHECK (least("batches"."queued_count", "batches"."running_count", "batches"."done_count", "batches"."failed_count", "batches"."cancelled_count", "batches"."conflict_count", "batches"."unassigned_count") >= 0);--> statement-breakpoint
UPDATE "batches" SET
  "queued_count" = counted."queued", "running_count" = counted."running", "done_count" = counted."done",
  "failed_count" = counted."failed", "cancelled_count" = counted."cancelled", "conflict_count" = counted."conflicts"
FROM (
  SELECT "batch_id",
    count(*) FILTER (WHERE "state" = 'queued') AS "queued", count(*) FILTER (WHERE "state" = 'running') AS "running",
    count(*) FILTER (WHERE "state" = 'done') AS "done", count(*) FILTER (WHERE "state" = 'failed') AS "failed",
    count(*) FILTER (WHERE "state" = 'cancelled') AS "cancelled", count("conflict_sha256") AS "conflicts"
  FROM "batch_items" GROUP BY "batch_id"
) AS counted WHERE counted."batch_id" = "batches"."id";--> statement-breakpoint
UPDATE "batches" SET "unassigned_count" = marked."count"
FROM (SELECT "batch_id", count(*) AS "count" FROM "batch_markers" GROUP BY "batch_id") AS marked
WHERE marked."batch_id" = "batches"."id";
