CREATE TABLE "agent_settings" (
	"session_id" text COLLATE "C" NOT NULL,
	"generation" integer NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"options" jsonb NOT NULL,
	"commands" jsonb NOT NULL,
	"chosen" jsonb NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "agent_settings_session_id_generation_pk" PRIMARY KEY("session_id","generation")
);
--> statement-breakpoint
CREATE TABLE "attachments" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"team_id" text COLLATE "C" NOT NULL,
	"owner_id" text COLLATE "C" NOT NULL,
	"blob_id" uuid NOT NULL,
	"name" text NOT NULL,
	"mime" text NOT NULL,
	"bytes" bigint NOT NULL,
	"used_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "prompt_attachments" (
	"session_id" text COLLATE "C" NOT NULL,
	"generation" integer NOT NULL,
	"message_id" text COLLATE "C" NOT NULL,
	"position" integer NOT NULL,
	"attachment_id" text COLLATE "C" NOT NULL,
	CONSTRAINT "prompt_attachments_session_id_generation_message_id_position_pk" PRIMARY KEY("session_id","generation","message_id","position")
);
--> statement-breakpoint
ALTER TABLE "agent_settings" ADD CONSTRAINT "agent_settings_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "attachments" ADD CONSTRAINT "attachments_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "attachments" ADD CONSTRAINT "attachments_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "attachments" ADD CONSTRAINT "attachments_blob_id_blobs_id_fk" FOREIGN KEY ("blob_id") REFERENCES "public"."blobs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "prompt_attachments" ADD CONSTRAINT "prompt_attachments_attachment_id_attachments_id_fk" FOREIGN KEY ("attachment_id") REFERENCES "public"."attachments"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "prompt_attachments" ADD CONSTRAINT "prompt_attachments_prompt" FOREIGN KEY ("session_id","generation","message_id") REFERENCES "public"."prompts"("session_id","generation","message_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "attachments_blob" ON "attachments" USING btree ("blob_id");--> statement-breakpoint
CREATE INDEX "attachments_used" ON "attachments" USING btree ("used_at");--> statement-breakpoint
CREATE INDEX "prompt_attachments_attachment" ON "prompt_attachments" USING btree ("attachment_id");