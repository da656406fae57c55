CREATE TABLE "outputs" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"session_id" text COLLATE "C" NOT NULL,
	"generation" integer NOT NULL,
	"execution_id" text COLLATE "C" NOT NULL,
	"port" text COLLATE "C" NOT NULL,
	"n" integer NOT NULL,
	"source" text NOT NULL,
	"mode" text NOT NULL,
	"format" text,
	"mime" text NOT NULL,
	"name" text,
	"state" text NOT NULL,
	"bytes" bigint DEFAULT 0 NOT NULL,
	"sha256" text,
	"value" "bytea",
	"blob_id" uuid,
	"error" text,
	"process_id" text COLLATE "C" NOT NULL,
	"first_seq" bigint NOT NULL,
	"seq" bigint NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"ended_at" timestamp with time zone,
	CONSTRAINT "outputs_one_value" CHECK (num_nonnulls("outputs"."value", "outputs"."blob_id") = 1),
	CONSTRAINT "outputs_ended" CHECK (("outputs"."state" = 'writing') = ("outputs"."ended_at" is null))
);
--> statement-breakpoint
ALTER TABLE "outputs" ADD CONSTRAINT "outputs_session_id_sessions_id_fk" FOREIGN KEY ("session_id") REFERENCES "public"."sessions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "outputs" ADD CONSTRAINT "outputs_blob_id_blobs_id_fk" FOREIGN KEY ("blob_id") REFERENCES "public"."blobs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "outputs_port" ON "outputs" USING btree ("session_id","generation","execution_id","port","n");--> statement-breakpoint
CREATE UNIQUE INDEX "outputs_writer" ON "outputs" USING btree ("session_id","generation","execution_id","port") WHERE state = 'writing';--> statement-breakpoint
CREATE INDEX "outputs_session" ON "outputs" USING btree ("session_id","generation","id");--> statement-breakpoint
CREATE INDEX "outputs_blob" ON "outputs" USING btree ("blob_id") WHERE blob_id is not null;--> statement-breakpoint
CREATE INDEX "outputs_process" ON "outputs" USING btree ("process_id") WHERE state = 'writing';