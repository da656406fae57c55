CREATE TABLE "api_tokens" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"user_id" text COLLATE "C" NOT NULL,
	"team_id" text COLLATE "C" NOT NULL,
	"name" text NOT NULL,
	"token_hash" text COLLATE "C" NOT NULL,
	"scopes" text[] NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone,
	"last_used_at" timestamp with time zone,
	"revoked_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "uploads" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"session_id" text COLLATE "C" NOT NULL,
	"generation" integer NOT NULL,
	"owner_id" text COLLATE "C" NOT NULL,
	"received" bigint NOT NULL,
	"state" text NOT NULL,
	"way" text NOT NULL,
	"name" text,
	"encoding" text NOT NULL,
	"announced_bytes" bigint,
	"idempotency_key" text COLLATE "C",
	"blob_id" uuid,
	"bytes" bigint DEFAULT 0 NOT NULL,
	"sha256" text,
	"attempt" integer DEFAULT 0 NOT NULL,
	"retry_at" timestamp with time zone,
	"process_id" text COLLATE "C",
	"format" text,
	"decoded_bytes" bigint DEFAULT 0 NOT NULL,
	"unrecognised_bytes" bigint DEFAULT 0 NOT NULL,
	"stored_count" integer DEFAULT 0 NOT NULL,
	"unchanged_count" integer DEFAULT 0 NOT NULL,
	"stale_count" integer DEFAULT 0 NOT NULL,
	"skipped_count" integer DEFAULT 0 NOT NULL,
	"ignored_members" jsonb DEFAULT '[]' NOT NULL,
	"error_code" text,
	"error_message" text,
	"error_offset" bigint,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"received_at" timestamp with time zone,
	"started_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	"kept_until" timestamp with time zone,
	CONSTRAINT "uploads_failed" CHECK ("uploads"."state" <> 'failed' or "uploads"."error_code" is not null)
);
--> statement-breakpoint
ALTER TABLE "sessions" ALTER COLUMN "repository" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ALTER COLUMN "agent_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "parent_id" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "git_origin" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "git_branch" text;--> statement-breakpoint
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "uploads" ADD CONSTRAINT "uploads_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "uploads" ADD CONSTRAINT "uploads_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "uploads" ADD CONSTRAINT "uploads_blob_id_blobs_id_fk" FOREIGN KEY ("blob_id") REFERENCES "public"."blobs"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "api_tokens_hash" ON "api_tokens" USING btree ("token_hash");--> statement-breakpoint
CREATE INDEX "api_tokens_user" ON "api_tokens" USING btree ("user_id","id" DESC NULLS LAST);--> statement-breakpoint
CREATE UNIQUE INDEX "uploads_received" ON "uploads" USING btree ("session_id","generation","received");--> statement-breakpoint
CREATE UNIQUE INDEX "uploads_idempotency_key" ON "uploads" USING btree ("owner_id","idempotency_key");--> statement-breakpoint
CREATE INDEX "uploads_owner" ON "uploads" USING btree ("owner_id","state","id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "uploads_waiting" ON "uploads" USING btree ("owner_id","session_id","received") WHERE state in ('queued', 'running');--> statement-breakpoint
CREATE INDEX "uploads_process" ON "uploads" USING btree ("process_id");--> statement-breakpoint
CREATE INDEX "uploads_blob" ON "uploads" USING btree ("blob_id");--> statement-breakpoint
CREATE INDEX "uploads_kept_until" ON "uploads" USING btree ("kept_until") WHERE blob_id is not null;