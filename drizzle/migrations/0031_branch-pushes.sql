CREATE TABLE "branch_pushes" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"session_id" text COLLATE "C" NOT NULL,
	"generation" integer NOT NULL,
	"requested_by" text COLLATE "C",
	"branch" text NOT NULL,
	"message" text NOT NULL,
	"status" text NOT NULL,
	"commit_id" text,
	"link" text,
	"failure" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone,
	CONSTRAINT "branch_pushes_failure" CHECK (("branch_pushes"."status" = 'failed') = ("branch_pushes"."failure" is not null)),
	CONSTRAINT "branch_pushes_done" CHECK ("branch_pushes"."status" <> 'done' or "branch_pushes"."commit_id" is not null)
);
--> statement-breakpoint
ALTER TABLE "git_credentials" ADD COLUMN "app" jsonb;--> statement-breakpoint
ALTER TABLE "branch_pushes" ADD CONSTRAINT "branch_pushes_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "branch_pushes" ADD CONSTRAINT "branch_pushes_requested_by_users_id_fk" FOREIGN KEY ("requested_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "branch_pushes_active" ON "branch_pushes" USING btree ("session_id") WHERE status in ('waiting', 'running');--> statement-breakpoint
CREATE INDEX "branch_pushes_session" ON "branch_pushes" USING btree ("session_id","generation","id" DESC NULLS LAST);