ALTER TABLE "batches" DROP CONSTRAINT "batches_counts";--> statement-breakpoint
ALTER TABLE "batch_items" ADD COLUMN "stored_count" integer;--> statement-breakpoint
ALTER TABLE "batch_items" ADD COLUMN "skipped_count" integer;--> statement-breakpoint
ALTER TABLE "batches" ADD COLUMN "skipped_item_count" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "batches" ADD CONSTRAINT "batches_counts" CHECK (least("batches"."queued_count", "batches"."running_count", "batches"."done_count", "batches"."failed_count", "batches"."cancelled_count", "batches"."conflict_count", "batches"."unassigned_count", "batches"."skipped_item_count") >= 0);