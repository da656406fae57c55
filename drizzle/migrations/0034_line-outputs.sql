ALTER TABLE "item_refs" ADD COLUMN "mime" text;--> statement-breakpoint
ALTER TABLE "item_refs" ADD COLUMN "name" text;--> statement-breakpoint
ALTER TABLE "outputs" ADD COLUMN "line_id" text COLLATE "C";