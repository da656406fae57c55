ALTER TABLE "item_refs" ADD COLUMN "at" bigint NOT NULL;--> statement-breakpoint
ALTER TABLE "item_refs" ADD COLUMN "head_bytes" integer NOT NULL;