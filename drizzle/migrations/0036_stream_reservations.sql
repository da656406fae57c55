CREATE TABLE "stream_reservations" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"team_id" text COLLATE "C" NOT NULL,
	"process_id" text COLLATE "C" NOT NULL,
	"bytes" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "stream_reservations" ADD CONSTRAINT "stream_reservations_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stream_reservations" ADD CONSTRAINT "stream_reservations_process_id_processes_id_fk" FOREIGN KEY ("process_id") REFERENCES "public"."processes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "stream_reservations_team" ON "stream_reservations" USING btree ("team_id");--> statement-breakpoint
CREATE INDEX "stream_reservations_process" ON "stream_reservations" USING btree ("process_id");