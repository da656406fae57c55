DROP INDEX "items_blob";--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "model" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "reported_status" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "reported_end" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "model_source" text DEFAULT 'start' NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "turns_uncounted_from" text COLLATE "C";--> statement-breakpoint
CREATE INDEX "items_blob" ON "items" USING btree ("blob_id") WHERE blob_id is not null;--> statement-breakpoint
-- Bodies of more than 2 kB: lz4 is four times as fast as what PostgreSQL does by itself, nothing is faster still.
DO $$ BEGIN
	ALTER TABLE "items" ALTER COLUMN "body" SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
	ALTER TABLE "items" ALTER COLUMN "body" SET STORAGE EXTERNAL;
END $$;
