CREATE TABLE "checkpoint_parts" (
	"session_id" text COLLATE "C" NOT NULL,
	"generation" integer NOT NULL,
	"sequence" integer NOT NULL,
	"kind" text NOT NULL,
	"blob_id" uuid NOT NULL,
	"bytes" bigint NOT NULL,
	CONSTRAINT "checkpoint_parts_session_id_generation_sequence_kind_pk" PRIMARY KEY("session_id","generation","sequence","kind")
);
--> statement-breakpoint
CREATE TABLE "checkpoints" (
	"session_id" text COLLATE "C" NOT NULL,
	"generation" integer NOT NULL,
	"sequence" integer NOT NULL,
	"fence" bigint NOT NULL,
	"state" text NOT NULL,
	"base_commit" text,
	"git" jsonb,
	"message" text,
	"bytes" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"completed_at" timestamp with time zone,
	CONSTRAINT "checkpoints_session_id_generation_sequence_pk" PRIMARY KEY("session_id","generation","sequence"),
	CONSTRAINT "checkpoints_complete" CHECK ("checkpoints"."state" <> 'complete' or "checkpoints"."git" is not null)
);
--> statement-breakpoint
CREATE TABLE "workspace_changes" (
	"session_id" text COLLATE "C" NOT NULL,
	"generation" integer NOT NULL,
	"blob_id" uuid,
	"bytes" bigint NOT NULL,
	"file_count" integer NOT NULL,
	"additions" integer NOT NULL,
	"deletions" integer NOT NULL,
	"message" text,
	"measured_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "workspace_changes_session_id_generation_pk" PRIMARY KEY("session_id","generation")
);
--> statement-breakpoint
ALTER TABLE "workspaces" ADD COLUMN "base_commit" text;--> statement-breakpoint
ALTER TABLE "checkpoint_parts" ADD CONSTRAINT "checkpoint_parts_blob_id_blobs_id_fk" FOREIGN KEY ("blob_id") REFERENCES "public"."blobs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "checkpoint_parts" ADD CONSTRAINT "checkpoint_parts_checkpoint" FOREIGN KEY ("session_id","generation","sequence") REFERENCES "public"."checkpoints"("session_id","generation","sequence") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "checkpoints" ADD CONSTRAINT "checkpoints_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "workspace_changes" ADD CONSTRAINT "workspace_changes_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "workspace_changes" ADD CONSTRAINT "workspace_changes_blob_id_blobs_id_fk" FOREIGN KEY ("blob_id") REFERENCES "public"."blobs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "checkpoint_parts_blob" ON "checkpoint_parts" USING btree ("blob_id");--> statement-breakpoint
CREATE INDEX "workspace_changes_blob" ON "workspace_changes" USING btree ("blob_id");