CREATE TABLE "share_attempts" (
	"token_hash" text COLLATE "C" PRIMARY KEY NOT NULL,
	"count" integer NOT NULL,
	"since_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "shares" ADD COLUMN "from_message_id" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "shares" ADD COLUMN "to_message_id" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "shares" ADD COLUMN "end_message_id" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "shares" ADD COLUMN "frozen_facts" jsonb;--> statement-breakpoint
CREATE INDEX "share_attempts_since" ON "share_attempts" USING btree ("since_at");--> statement-breakpoint
WITH "prompts" AS (
	SELECT "session_id", "generation", "message_id",
		row_number() OVER (PARTITION BY "session_id", "generation" ORDER BY "sort_key", "first_seq") AS "turn",
		count(*) OVER (PARTITION BY "session_id", "generation") AS "turns"
	FROM "messages" WHERE "role" = 'user' AND NOT "deleted"
)
UPDATE "shares" h SET
	"from_message_id" = CASE WHEN h."from_turn" IS NOT NULL THEN coalesce((SELECT p."message_id" FROM "prompts" p
		WHERE p."session_id" = h."session_id" AND p."generation" = h."generation" AND p."turn" = h."from_turn"), '') END,
	"to_message_id" = CASE WHEN h."to_turn" IS NOT NULL THEN coalesce((SELECT p."message_id" FROM "prompts" p
		WHERE p."session_id" = h."session_id" AND p."generation" = h."generation" AND p."turn" = least(h."to_turn", p."turns")), '') END,
	"end_message_id" = (SELECT p."message_id" FROM "prompts" p
		WHERE p."session_id" = h."session_id" AND p."generation" = h."generation" AND p."turn" = h."to_turn" + 1)
WHERE h."from_turn" IS NOT NULL OR h."to_turn" IS NOT NULL;
