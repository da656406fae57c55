CREATE TABLE "stream_usage" (
	"team_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"bytes" bigint DEFAULT 0 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "blob_segments" ALTER COLUMN "sha256" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "stream_usage" ADD CONSTRAINT "stream_usage_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
INSERT INTO "stream_usage" ("team_id", "bytes")
SELECT "part"."team_id", sum("blobs"."bytes")
FROM (
	SELECT DISTINCT "streams"."team_id", "stream_parts"."blob_id"
	FROM "stream_parts" JOIN "streams" ON "streams"."id" = "stream_parts"."stream_id"
) AS "part" JOIN "blobs" ON "blobs"."id" = "part"."blob_id"
GROUP BY "part"."team_id";
