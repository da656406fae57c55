CREATE TABLE "batch_webhooks" (
	"batch_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"url" text NOT NULL,
	"secret" text NOT NULL,
	"message_id" uuid,
	"attempts" integer DEFAULT 0 NOT NULL,
	"due_at" timestamp with time zone,
	"sent_at" timestamp with time zone,
	"reason" text
);
--> statement-breakpoint
ALTER TABLE "batch_webhooks" ADD CONSTRAINT "batch_webhooks_batch_id_batches_id_fk" FOREIGN KEY ("batch_id") REFERENCES "public"."batches"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "batch_webhooks_due" ON "batch_webhooks" USING btree ("due_at") WHERE due_at is not null;