CREATE TABLE "execution_results" (
	"session_id" text COLLATE "C" NOT NULL,
	"generation" integer NOT NULL,
	"execution_id" text COLLATE "C" NOT NULL,
	"state" text NOT NULL,
	"error" text,
	"ended_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "execution_results_session_id_generation_execution_id_pk" PRIMARY KEY("session_id","generation","execution_id")
);
--> statement-breakpoint
ALTER TABLE "execution_results" ADD CONSTRAINT "execution_results_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;