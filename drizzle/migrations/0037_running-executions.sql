ALTER TABLE "execution_results" ALTER COLUMN "ended_at" DROP DEFAULT;--> statement-breakpoint
ALTER TABLE "execution_results" ALTER COLUMN "ended_at" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "execution_results" ADD COLUMN "process_id" text COLLATE "C" DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE INDEX "execution_results_process" ON "execution_results" USING btree ("process_id") WHERE state = 'running';--> statement-breakpoint
ALTER TABLE "execution_results" ADD CONSTRAINT "execution_results_ended" CHECK (("execution_results"."state" = 'running') = ("execution_results"."ended_at" is null));