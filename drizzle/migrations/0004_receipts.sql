ALTER TABLE "uploads" ADD COLUMN "receipt" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "uploads" ADD COLUMN "begun_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
CREATE INDEX "uploads_served" ON "uploads" USING btree ("owner_id","started_at" DESC NULLS LAST) WHERE started_at is not null;