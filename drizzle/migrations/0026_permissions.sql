CREATE TABLE "permission_requests" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"session_id" text COLLATE "C" NOT NULL,
	"generation" integer NOT NULL,
	"execution_id" text COLLATE "C" NOT NULL,
	"kind" text NOT NULL,
	"tool_call_id" text,
	"tool_kind" text,
	"title" text NOT NULL,
	"summary" text,
	"options" jsonb NOT NULL,
	"fields" jsonb NOT NULL,
	"rule_key" text COLLATE "C",
	"state" text DEFAULT 'pending' NOT NULL,
	"answer" jsonb,
	"answered_by" text COLLATE "C",
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone,
	CONSTRAINT "permission_requests_answer" CHECK (("permission_requests"."state" = 'answered') = ("permission_requests"."answer" is not null)),
	CONSTRAINT "permission_requests_ended" CHECK (("permission_requests"."state" = 'pending') = ("permission_requests"."ended_at" is null))
);
--> statement-breakpoint
CREATE TABLE "permission_rules" (
	"session_id" text COLLATE "C" NOT NULL,
	"generation" integer NOT NULL,
	"rule_key" text COLLATE "C" NOT NULL,
	"tool_kind" text,
	"title" text NOT NULL,
	"summary" text,
	"created_by" text COLLATE "C",
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "permission_rules_session_id_generation_rule_key_pk" PRIMARY KEY("session_id","generation","rule_key")
);
--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "permissions" text DEFAULT 'allow' NOT NULL;--> statement-breakpoint
ALTER TABLE "sessions" ADD COLUMN "silent_since" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "permission_requests" ADD CONSTRAINT "permission_requests_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "permission_requests" ADD CONSTRAINT "permission_requests_answered_by_users_id_fk" FOREIGN KEY ("answered_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "permission_rules" ADD CONSTRAINT "permission_rules_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "permission_rules" ADD CONSTRAINT "permission_rules_created_by_users_id_fk" FOREIGN KEY ("created_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "permission_requests_pending" ON "permission_requests" USING btree ("session_id","generation") WHERE state = 'pending';