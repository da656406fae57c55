CREATE TABLE "stream_parts" (
	"stream_id" text COLLATE "C" NOT NULL,
	"start" bigint NOT NULL,
	"blob_id" uuid NOT NULL,
	CONSTRAINT "stream_parts_stream_id_start_pk" PRIMARY KEY("stream_id","start")
);
--> statement-breakpoint
CREATE TABLE "stream_producers" (
	"stream_id" text COLLATE "C" NOT NULL,
	"producer_id" text COLLATE "C" NOT NULL,
	"epoch" bigint NOT NULL,
	"last_seq" bigint NOT NULL,
	CONSTRAINT "stream_producers_stream_id_producer_id_pk" PRIMARY KEY("stream_id","producer_id")
);
--> statement-breakpoint
CREATE TABLE "streams" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"team_id" text COLLATE "C" NOT NULL,
	"path" text COLLATE "C" NOT NULL,
	"content_type" text NOT NULL,
	"tail" bigint DEFAULT 0 NOT NULL,
	"is_closed" boolean DEFAULT false NOT NULL,
	"closed_by_producer" text COLLATE "C",
	"closed_by_epoch" bigint,
	"closed_by_seq" bigint,
	"last_seq" text COLLATE "C",
	"ttl_seconds" bigint,
	"expires_at" timestamp with time zone,
	"open_blob_id" uuid,
	"forked_from" text COLLATE "C",
	"fork_offset" bigint,
	"fork_sub_offset" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"deleted_at" timestamp with time zone,
	CONSTRAINT "streams_closed_by" CHECK (num_nulls("streams"."closed_by_producer", "streams"."closed_by_epoch", "streams"."closed_by_seq") in (0, 3))
);
--> statement-breakpoint
ALTER TABLE "stream_parts" ADD CONSTRAINT "stream_parts_stream_id_streams_id_fk" FOREIGN KEY ("stream_id") REFERENCES "public"."streams"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stream_parts" ADD CONSTRAINT "stream_parts_blob_id_blobs_id_fk" FOREIGN KEY ("blob_id") REFERENCES "public"."blobs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stream_producers" ADD CONSTRAINT "stream_producers_stream_id_streams_id_fk" FOREIGN KEY ("stream_id") REFERENCES "public"."streams"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "streams" ADD CONSTRAINT "streams_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "streams" ADD CONSTRAINT "streams_open_blob_id_blobs_id_fk" FOREIGN KEY ("open_blob_id") REFERENCES "public"."blobs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "streams" ADD CONSTRAINT "streams_forked_from_streams_id_fk" FOREIGN KEY ("forked_from") REFERENCES "public"."streams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "stream_parts_blob" ON "stream_parts" USING btree ("blob_id");--> statement-breakpoint
CREATE UNIQUE INDEX "streams_path" ON "streams" USING btree ("team_id","path");--> statement-breakpoint
CREATE INDEX "streams_forks" ON "streams" USING btree ("forked_from");--> statement-breakpoint
CREATE INDEX "streams_expiry" ON "streams" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "streams_open_blob" ON "streams" USING btree ("open_blob_id");