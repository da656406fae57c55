CREATE TABLE "search_cursors" (
	"session_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"generation" integer NOT NULL,
	"seq" bigint NOT NULL,
	"claimed_until" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "search_texts" (
	"session_id" text COLLATE "C" NOT NULL,
	"generation" integer NOT NULL,
	"message_id" text COLLATE "C" NOT NULL,
	"part_id" text COLLATE "C" NOT NULL,
	"place" text NOT NULL,
	"text" text NOT NULL,
	"words" "tsvector" NOT NULL,
	CONSTRAINT "search_texts_session_id_generation_message_id_part_id_place_pk" PRIMARY KEY("session_id","generation","message_id","part_id","place")
);
--> statement-breakpoint
CREATE TABLE "session_reads" (
	"session_id" text COLLATE "C" NOT NULL,
	"user_id" text COLLATE "C" NOT NULL,
	"generation" integer NOT NULL,
	"seq" bigint NOT NULL,
	CONSTRAINT "session_reads_session_id_user_id_pk" PRIMARY KEY("session_id","user_id")
);
--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "pinned_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "archived_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "trashed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "session_reads" ADD CONSTRAINT "session_reads_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "session_reads" ADD CONSTRAINT "session_reads_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "search_texts_words" ON "search_texts" USING gin ("words");--> statement-breakpoint
CREATE INDEX "sessions_team_pinned" ON "sessions" USING btree ("team_id",(pinned_at is not null) desc,"updated_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "sessions_parent" ON "sessions" USING btree ("team_id","parent_id") WHERE parent_id is not null;--> statement-breakpoint
CREATE INDEX "sessions_trashed" ON "sessions" USING btree ("trashed_at") WHERE trashed_at is not null;--> statement-breakpoint
-- Where the server has trigrams and lets us use them; search goes by whole words where it does not.
DO $$
BEGIN
  CREATE EXTENSION IF NOT EXISTS pg_trgm;
  EXECUTE 'CREATE INDEX "search_texts_trigrams" ON "search_texts" USING gin (left("text", 4096) gin_trgm_ops) WHERE "place" <> ''output''';
EXCEPTION WHEN OTHERS THEN
  RAISE NOTICE 'no trigrams: %', SQLERRM;
END $$;--> statement-breakpoint
-- What was there before is not news to whoever made it.
INSERT INTO "session_reads" ("session_id", "user_id", "generation", "seq")
SELECT "sessions"."id", "memberships"."user_id", "sessions"."generation", "sessions"."last_seq"
FROM "sessions" JOIN "memberships" ON "memberships"."team_id" = "sessions"."team_id"
WHERE "sessions"."deleted_at" IS NULL;
