CREATE TABLE "batch_items" (
	"batch_id" text COLLATE "C" NOT NULL,
	"index" integer NOT NULL,
	"sha256" text COLLATE "C" NOT NULL,
	"bytes" bigint NOT NULL,
	"body" text,
	"blob_id" uuid,
	"upload_id" text COLLATE "C",
	"fault" text,
	"conflict_sha256" text COLLATE "C",
	"state" text NOT NULL,
	"reason" text,
	"session_id" text COLLATE "C",
	"round" integer DEFAULT 0 NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"retry_at" timestamp with time zone,
	"claimed_by" text COLLATE "C",
	"started_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	CONSTRAINT "batch_items_batch_id_index_pk" PRIMARY KEY("batch_id","index"),
	CONSTRAINT "batch_items_index" CHECK ("batch_items"."index" >= 0)
);
--> statement-breakpoint
CREATE TABLE "batch_markers" (
	"batch_id" text COLLATE "C" NOT NULL,
	"position" integer NOT NULL,
	"sha256" text COLLATE "C" NOT NULL,
	"bytes" bigint NOT NULL,
	"line_number" integer NOT NULL,
	"offset" bigint NOT NULL,
	"stated_index" bigint,
	"fault" text NOT NULL,
	"reason" text NOT NULL,
	CONSTRAINT "batch_markers_batch_id_position_sha256_pk" PRIMARY KEY("batch_id","position","sha256")
);
--> statement-breakpoint
CREATE TABLE "batches" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"team_id" text COLLATE "C" NOT NULL,
	"owner_id" text COLLATE "C" NOT NULL,
	"kind" text NOT NULL,
	"idempotency_key" text COLLATE "C",
	"request_hash" text COLLATE "C" NOT NULL,
	"expected_count" integer,
	"concurrency" integer NOT NULL,
	"defaults" jsonb NOT NULL,
	"state" text NOT NULL,
	"message" text,
	"states_index" boolean DEFAULT false NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_line_at" timestamp with time zone DEFAULT now() NOT NULL,
	"sealed_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	CONSTRAINT "batches_expected_count" CHECK ("batches"."expected_count" > 0),
	CONSTRAINT "batches_concurrency" CHECK ("batches"."concurrency" > 0)
);
--> statement-breakpoint
ALTER TABLE "batch_items" ADD CONSTRAINT "batch_items_batch_id_batches_id_fk" FOREIGN KEY ("batch_id") REFERENCES "public"."batches"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "batch_items" ADD CONSTRAINT "batch_items_blob_id_blobs_id_fk" FOREIGN KEY ("blob_id") REFERENCES "public"."blobs"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "batch_markers" ADD CONSTRAINT "batch_markers_batch_id_batches_id_fk" FOREIGN KEY ("batch_id") REFERENCES "public"."batches"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "batches" ADD CONSTRAINT "batches_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "batches" ADD CONSTRAINT "batches_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "batch_items_state" ON "batch_items" USING btree ("batch_id","state","index");--> statement-breakpoint
CREATE INDEX "batch_items_running" ON "batch_items" USING btree ("batch_id") WHERE state = 'running';--> statement-breakpoint
CREATE INDEX "batch_items_claimed" ON "batch_items" USING btree ("claimed_by") WHERE claimed_by is not null;--> statement-breakpoint
CREATE INDEX "batch_items_blob" ON "batch_items" USING btree ("blob_id") WHERE blob_id is not null;--> statement-breakpoint
CREATE INDEX "batch_items_session" ON "batch_items" USING btree ("session_id");--> statement-breakpoint
CREATE UNIQUE INDEX "batches_idempotency_key" ON "batches" USING btree ("owner_id","idempotency_key");--> statement-breakpoint
CREATE INDEX "batches_team" ON "batches" USING btree ("team_id","id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "batches_unfinished" ON "batches" USING btree ("state","last_line_at") WHERE state in ('open', 'sealed');