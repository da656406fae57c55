CREATE TABLE "live_tickets" (
	"token_hash" text COLLATE "C" PRIMARY KEY NOT NULL,
	"user_id" text COLLATE "C" NOT NULL,
	"team_id" text COLLATE "C" NOT NULL,
	"session_id" text COLLATE "C" NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "logins" (
	"token_hash" text COLLATE "C" PRIMARY KEY NOT NULL,
	"user_id" text COLLATE "C" NOT NULL,
	"team_id" text COLLATE "C" NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "memberships" (
	"team_id" text COLLATE "C" NOT NULL,
	"user_id" text COLLATE "C" NOT NULL,
	"role" text NOT NULL,
	CONSTRAINT "memberships_team_id_user_id_pk" PRIMARY KEY("team_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "processes" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"host_id" text COLLATE "C" NOT NULL,
	"process_table" text,
	"pid" integer,
	"start_ticks" bigint,
	"lock_key" bigint NOT NULL,
	"roles" text NOT NULL,
	"slots" integer DEFAULT 0 NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "processes_os_process" CHECK (num_nulls("processes"."process_table", "processes"."pid", "processes"."start_ticks") in (0, 3))
);
--> statement-breakpoint
CREATE TABLE "sign_in_links" (
	"token_hash" text COLLATE "C" PRIMARY KEY NOT NULL,
	"user_id" text COLLATE "C" NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "teams" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "blob_segments" (
	"blob_id" uuid NOT NULL,
	"n" integer NOT NULL,
	"key" text COLLATE "C" NOT NULL,
	"bytes" bigint NOT NULL,
	"sha256" text NOT NULL,
	CONSTRAINT "blob_segments_blob_id_n_pk" PRIMARY KEY("blob_id","n"),
	CONSTRAINT "blob_segments_key_unique" UNIQUE("key")
);
--> statement-breakpoint
CREATE TABLE "blob_tail" (
	"blob_id" uuid NOT NULL,
	"start" bigint NOT NULL,
	"data" "bytea" NOT NULL,
	CONSTRAINT "blob_tail_blob_id_start_pk" PRIMARY KEY("blob_id","start")
);
--> statement-breakpoint
CREATE TABLE "blobs" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"session_id" text COLLATE "C" NOT NULL,
	"generation" integer NOT NULL,
	"purpose" text NOT NULL,
	"mode" text NOT NULL,
	"mime" text NOT NULL,
	"name" text,
	"state" text NOT NULL,
	"bytes" bigint DEFAULT 0 NOT NULL,
	"sha256" text,
	"lease_until" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "item_refs" (
	"session_id" text COLLATE "C" NOT NULL,
	"generation" integer NOT NULL,
	"type" text COLLATE "C" NOT NULL,
	"message_id" text COLLATE "C" NOT NULL,
	"part_id" text COLLATE "C" NOT NULL,
	"pointer" text NOT NULL,
	"blob_id" uuid NOT NULL,
	CONSTRAINT "item_refs_session_id_generation_type_message_id_part_id_pointer_pk" PRIMARY KEY("session_id","generation","type","message_id","part_id","pointer")
);
--> statement-breakpoint
CREATE TABLE "items" (
	"session_id" text COLLATE "C" NOT NULL,
	"generation" integer NOT NULL,
	"type" text COLLATE "C" NOT NULL,
	"message_id" text COLLATE "C" DEFAULT '' NOT NULL,
	"part_id" text COLLATE "C" DEFAULT '' NOT NULL,
	"first_seq" bigint NOT NULL,
	"seq" bigint NOT NULL,
	"version_received" bigint NOT NULL,
	"version_index" integer NOT NULL,
	"body" text,
	"blob_id" uuid,
	"envelope" text,
	"byte_size" bigint NOT NULL,
	"body_sha256" text NOT NULL,
	"preview" text,
	"deleted" boolean DEFAULT false NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "items_session_id_generation_type_message_id_part_id_pk" PRIMARY KEY("session_id","generation","type","message_id","part_id"),
	CONSTRAINT "items_one_body" CHECK (num_nonnulls("items"."body", "items"."blob_id") = case when "items"."deleted" then 0 else 1 end)
);
--> statement-breakpoint
CREATE TABLE "messages" (
	"session_id" text COLLATE "C" NOT NULL,
	"generation" integer NOT NULL,
	"message_id" text COLLATE "C" NOT NULL,
	"role" text,
	"sort_key" text COLLATE "C" NOT NULL,
	"first_seq" bigint NOT NULL,
	"turn" integer DEFAULT 0 NOT NULL,
	"part_count" integer DEFAULT 0 NOT NULL,
	"bytes" bigint DEFAULT 0 NOT NULL,
	"cost_usd" double precision,
	"tokens" bigint,
	"deleted" boolean DEFAULT false NOT NULL,
	CONSTRAINT "messages_session_id_generation_message_id_pk" PRIMARY KEY("session_id","generation","message_id")
);
--> statement-breakpoint
CREATE TABLE "skipped_items" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "skipped_items_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"session_id" text COLLATE "C" NOT NULL,
	"generation" integer NOT NULL,
	"received" bigint NOT NULL,
	"item_index" integer NOT NULL,
	"byte_size" bigint NOT NULL,
	"reason" text NOT NULL,
	"type" text,
	"message_id" text,
	"part_id" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "running_jobs" (
	"job_id" uuid PRIMARY KEY NOT NULL,
	"queue_name" text NOT NULL,
	"retry_count" integer NOT NULL,
	"process_id" text COLLATE "C" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "executions" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"session_id" text COLLATE "C" NOT NULL,
	"generation" integer NOT NULL,
	"process_id" text COLLATE "C" NOT NULL,
	"agent_id" text NOT NULL,
	"agent_version" text,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone,
	"exit_code" integer,
	"exit_signal" text
);
--> statement-breakpoint
CREATE TABLE "leases" (
	"session_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"fence" bigint NOT NULL,
	"process_id" text COLLATE "C",
	"expires_at" timestamp with time zone,
	CONSTRAINT "leases_owner_expires" CHECK (("leases"."process_id" is null) = ("leases"."expires_at" is null))
);
--> statement-breakpoint
CREATE TABLE "preparations" (
	"session_id" text COLLATE "C" NOT NULL,
	"generation" integer NOT NULL,
	"attempt" integer NOT NULL,
	"revision" integer NOT NULL,
	"status" text NOT NULL,
	"steps" jsonb NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "preparations_session_id_generation_pk" PRIMARY KEY("session_id","generation")
);
--> statement-breakpoint
CREATE TABLE "prompts" (
	"session_id" text COLLATE "C" NOT NULL,
	"generation" integer NOT NULL,
	"message_id" text COLLATE "C" NOT NULL,
	"owner_id" text COLLATE "C" NOT NULL,
	"text" text NOT NULL,
	"request_hash" text COLLATE "C" NOT NULL,
	"status" text NOT NULL,
	"outcome" text,
	"message" text,
	"retried_as" text COLLATE "C",
	"interrupt_requested_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"delivered_at" timestamp with time zone,
	"started_at" timestamp with time zone,
	"settled_at" timestamp with time zone,
	CONSTRAINT "prompts_session_id_generation_message_id_pk" PRIMARY KEY("session_id","generation","message_id"),
	CONSTRAINT "prompts_outcome" CHECK (("prompts"."status" = 'settled') = ("prompts"."outcome" is not null))
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"generation" integer DEFAULT 1 NOT NULL,
	"team_id" text COLLATE "C" NOT NULL,
	"owner_id" text COLLATE "C" NOT NULL,
	"counter" bigint DEFAULT 0 NOT NULL,
	"last_seq" bigint DEFAULT 0 NOT NULL,
	"revision" bigint DEFAULT 1 NOT NULL,
	"status" text NOT NULL,
	"status_message" text,
	"title" text NOT NULL,
	"title_source" text NOT NULL,
	"source" text COLLATE "C" DEFAULT 'millrace' NOT NULL,
	"external_id" text COLLATE "C",
	"repository" text NOT NULL,
	"requested_branch" text,
	"base_branch" text,
	"work_branch" text,
	"agent_id" text NOT NULL,
	"agent_version" text,
	"agent_session_id" text,
	"model" text,
	"setup_commands" jsonb NOT NULL,
	"environment" jsonb NOT NULL,
	"auto_initiate" boolean DEFAULT true NOT NULL,
	"cost_usd" double precision,
	"tokens" bigint,
	"skipped_item_count" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"initiated_at" timestamp with time zone,
	"ready_at" timestamp with time zone,
	"turn_started_at" timestamp with time zone,
	"turn_ended_at" timestamp with time zone,
	"deleted_at" timestamp with time zone,
	CONSTRAINT "sessions_last_seq" CHECK ("sessions"."last_seq" <= "sessions"."counter")
);
--> statement-breakpoint
CREATE TABLE "step_timings" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "step_timings_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"team_id" text COLLATE "C" NOT NULL,
	"repository" text COLLATE "C" NOT NULL,
	"step" text NOT NULL,
	"elapsed_ms" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "workspaces" (
	"session_id" text COLLATE "C" NOT NULL,
	"generation" integer NOT NULL,
	"host_id" text COLLATE "C" NOT NULL,
	"path" text NOT NULL,
	"mirror_path" text,
	"state" text NOT NULL,
	"plan" text NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "workspaces_session_id_generation_pk" PRIMARY KEY("session_id","generation")
);
--> statement-breakpoint
ALTER TABLE "live_tickets" ADD CONSTRAINT "live_tickets_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "live_tickets" ADD CONSTRAINT "live_tickets_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "logins" ADD CONSTRAINT "logins_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "logins" ADD CONSTRAINT "logins_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in_links" ADD CONSTRAINT "sign_in_links_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "blob_segments" ADD CONSTRAINT "blob_segments_blob_id_blobs_id_fk" FOREIGN KEY ("blob_id") REFERENCES "public"."blobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "blob_tail" ADD CONSTRAINT "blob_tail_blob_id_blobs_id_fk" FOREIGN KEY ("blob_id") REFERENCES "public"."blobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "item_refs" ADD CONSTRAINT "item_refs_blob_id_blobs_id_fk" FOREIGN KEY ("blob_id") REFERENCES "public"."blobs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "item_refs" ADD CONSTRAINT "item_refs_session_id_generation_type_message_id_part_id_items_session_id_generation_type_message_id_part_id_fk" FOREIGN KEY ("session_id","generation","type","message_id","part_id") REFERENCES "public"."items"("session_id","generation","type","message_id","part_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "items" ADD CONSTRAINT "items_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "items" ADD CONSTRAINT "items_blob_id_blobs_id_fk" FOREIGN KEY ("blob_id") REFERENCES "public"."blobs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "skipped_items" ADD CONSTRAINT "skipped_items_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "executions" ADD CONSTRAINT "executions_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "leases" ADD CONSTRAINT "leases_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "preparations" ADD CONSTRAINT "preparations_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "prompts" ADD CONSTRAINT "prompts_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "prompts" ADD CONSTRAINT "prompts_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "workspaces" ADD CONSTRAINT "workspaces_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "live_tickets_expires_at" ON "live_tickets" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "logins_expires_at" ON "logins" USING btree ("expires_at");--> statement-breakpoint
CREATE UNIQUE INDEX "processes_lock_key" ON "processes" USING btree ("lock_key");--> statement-breakpoint
CREATE INDEX "blobs_session" ON "blobs" USING btree ("session_id","generation");--> statement-breakpoint
CREATE INDEX "blobs_sweep" ON "blobs" USING btree ("state","lease_until");--> statement-breakpoint
CREATE INDEX "item_refs_blob" ON "item_refs" USING btree ("blob_id");--> statement-breakpoint
CREATE INDEX "items_change_log" ON "items" USING btree ("session_id","generation","seq");--> statement-breakpoint
CREATE INDEX "items_message" ON "items" USING btree ("session_id","generation","message_id","first_seq");--> statement-breakpoint
CREATE INDEX "items_blob" ON "items" USING btree ("blob_id");--> statement-breakpoint
CREATE INDEX "messages_order" ON "messages" USING btree ("session_id","generation","sort_key","first_seq");--> statement-breakpoint
CREATE INDEX "skipped_items_session" ON "skipped_items" USING btree ("session_id","generation","id");--> statement-breakpoint
CREATE INDEX "running_jobs_process" ON "running_jobs" USING btree ("process_id");--> statement-breakpoint
CREATE INDEX "executions_session" ON "executions" USING btree ("session_id","generation","id");--> statement-breakpoint
CREATE INDEX "leases_process" ON "leases" USING btree ("process_id");--> statement-breakpoint
CREATE UNIQUE INDEX "prompts_owner_message" ON "prompts" USING btree ("owner_id","message_id");--> statement-breakpoint
CREATE INDEX "sessions_team_updated" ON "sessions" USING btree ("team_id","updated_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE UNIQUE INDEX "sessions_external_id" ON "sessions" USING btree ("team_id","source","external_id");--> statement-breakpoint
CREATE INDEX "step_timings_lookup" ON "step_timings" USING btree ("team_id","repository","step","id" DESC NULLS LAST);