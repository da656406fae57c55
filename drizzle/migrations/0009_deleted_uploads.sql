CREATE TABLE "deleted_uploads" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"session_id" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
ALTER TABLE "deleted_uploads" ADD CONSTRAINT "deleted_uploads_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "deleted_uploads_session" ON "deleted_uploads" USING btree ("session_id");