CREATE TABLE "secret_findings" (
	"session_id" text COLLATE "C" NOT NULL,
	"generation" integer NOT NULL,
	"type" text COLLATE "C" NOT NULL,
	"message_id" text COLLATE "C" NOT NULL,
	"part_id" text COLLATE "C" NOT NULL,
	"fingerprint" text COLLATE "C" NOT NULL,
	"rule" text NOT NULL,
	"is_definite" boolean NOT NULL,
	"prefix" text NOT NULL,
	"length" integer NOT NULL,
	"place_count" integer NOT NULL,
	CONSTRAINT "secret_findings_pk" PRIMARY KEY("session_id","generation","type","message_id","part_id","fingerprint")
);
--> statement-breakpoint
CREATE TABLE "secret_scans" (
	"session_id" text COLLATE "C" NOT NULL,
	"generation" integer NOT NULL,
	"seq" bigint NOT NULL,
	"rules_version" integer NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "secret_scans_session_id_generation_pk" PRIMARY KEY("session_id","generation")
);
--> statement-breakpoint
CREATE TABLE "server_keys" (
	"name" text COLLATE "C" PRIMARY KEY NOT NULL,
	"key" "bytea" NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "shares" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"team_id" text COLLATE "C" NOT NULL,
	"owner_id" text COLLATE "C" NOT NULL,
	"session_id" text COLLATE "C" NOT NULL,
	"generation" integer NOT NULL,
	"title" text NOT NULL,
	"request_hash" text COLLATE "C" NOT NULL,
	"token_hash" text COLLATE "C" NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"mode" text NOT NULL,
	"frozen_seq" bigint,
	"from_turn" integer,
	"to_turn" integer,
	"hides_reasoning" boolean NOT NULL,
	"hides_outputs" boolean NOT NULL,
	"hides_paths" boolean NOT NULL,
	"masks_possible" boolean NOT NULL,
	"shown_secrets" text[] NOT NULL,
	"password_hash" text,
	"allows_embed" boolean NOT NULL,
	"allows_card" boolean NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	"last_viewed_at" timestamp with time zone,
	"view_count" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "shares_frozen_seq" CHECK (("shares"."mode" = 'frozen') = ("shares"."frozen_seq" is not null))
);
--> statement-breakpoint
ALTER TABLE "secret_findings" ADD CONSTRAINT "secret_findings_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "secret_scans" ADD CONSTRAINT "secret_scans_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shares" ADD CONSTRAINT "shares_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shares" ADD CONSTRAINT "shares_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "shares_token_hash" ON "shares" USING btree ("token_hash");--> statement-breakpoint
CREATE INDEX "shares_owner" ON "shares" USING btree ("team_id","owner_id","id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "shares_session" ON "shares" USING btree ("session_id","generation");