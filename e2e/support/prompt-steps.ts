import type { App } from "./app.ts";
import { withDatabase } from "./session-rest.ts";

/** A prompt of a session, by the text that it has, and every status that it ever had, in order. */
export interface PromptWay {
  text: string;
  outcome: string | null;
  statuses: string[];
}

/** From now on the database itself writes down what becomes of prompts, whoever changes them. */
export const recordPromptSteps = (app: App): Promise<void> =>
  withDatabase(app, async (sql) => {
    await sql.unsafe(`
      create table prompt_steps (n bigserial, message_id text, status text);
      create function record_prompt_step() returns trigger language plpgsql as $$ begin
        if tg_op = 'INSERT' or new.status <> old.status then
          insert into prompt_steps (message_id, status) values (new.message_id, new.status);
        end if;
        return null;
      end $$;
      create trigger record_prompt_step after insert or update on prompts
        for each row execute function record_prompt_step();`);
  });

/** In the order in which they were accepted; one that was sent again is there twice. */
export const readPromptWays = (app: App, sessionId: string): Promise<PromptWay[]> =>
  withDatabase(
    app,
    (sql) => sql<PromptWay[]>`
      select text, outcome, array_agg(prompt_steps.status order by n) as statuses
      from prompts join prompt_steps using (message_id)
      where session_id = ${sessionId}
      group by message_id, text, outcome order by min(n)`,
  );
