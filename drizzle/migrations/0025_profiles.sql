CREATE TABLE "git_credentials" (
	"team_id" text COLLATE "C" NOT NULL,
	"host" text COLLATE "C" NOT NULL,
	"username" text NOT NULL,
	"key_id" text NOT NULL,
	"sealed" "bytea" NOT NULL,
	"set_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "git_credentials_team_id_host_pk" PRIMARY KEY("team_id","host")
);
--> statement-breakpoint
CREATE TABLE "profile_secrets" (
	"profile_id" text COLLATE "C" NOT NULL,
	"name" text COLLATE "C" NOT NULL,
	"key_id" text NOT NULL,
	"sealed" "bytea" NOT NULL,
	"set_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "profile_secrets_profile_id_name_pk" PRIMARY KEY("profile_id","name")
);
--> statement-breakpoint
CREATE TABLE "profiles" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"team_id" text COLLATE "C" NOT NULL,
	"name" text NOT NULL,
	"repository" text COLLATE "C" DEFAULT '' NOT NULL,
	"is_default" boolean DEFAULT false NOT NULL,
	"settings" jsonb NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "setup_proposals" (
	"team_id" text COLLATE "C" NOT NULL,
	"repository" text COLLATE "C" NOT NULL,
	"hash" text COLLATE "C" NOT NULL,
	"commands" jsonb NOT NULL,
	"decision" text,
	"decided_by" text COLLATE "C",
	"decided_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "setup_proposals_team_id_repository_hash_pk" PRIMARY KEY("team_id","repository","hash")
);
--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "sealed_environment" "bytea";--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "environment_key_id" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "profile_id" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "profile_name" text;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "proposal_hash" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "git_credentials" ADD CONSTRAINT "git_credentials_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "profile_secrets" ADD CONSTRAINT "profile_secrets_profile_id_profiles_id_fk" FOREIGN KEY ("profile_id") REFERENCES "public"."profiles"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "profiles" ADD CONSTRAINT "profiles_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "setup_proposals" ADD CONSTRAINT "setup_proposals_team_id_teams_id_fk" FOREIGN KEY ("team_id") REFERENCES "public"."teams"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "setup_proposals" ADD CONSTRAINT "setup_proposals_decided_by_users_id_fk" FOREIGN KEY ("decided_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "profiles_name" ON "profiles" USING btree ("team_id",lower(name));--> statement-breakpoint
CREATE UNIQUE INDEX "profiles_default" ON "profiles" USING btree ("team_id","repository") WHERE is_default;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_profile_id_profiles_id_fk" FOREIGN KEY ("profile_id") REFERENCES "public"."profiles"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "sessions_profile" ON "sessions" USING btree ("profile_id") WHERE profile_id is not null;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_sealed" CHECK (("sessions"."sealed_environment" is null) = ("sessions"."environment_key_id" is null));