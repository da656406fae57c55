import { databaseTrouble } from "./is-database-away.ts";

/** What somebody who looks at a page waits for before it says that the database is away. */
export const ANSWER_LIMIT_MS = 8_000;

/**
 * What a read of the database comes to, or `unavailable` when that takes longer: a server that is frozen keeps its
 * connections and says nothing, for ever. Not for writes: one that nobody waits for any more may still happen.
 */
export async function answerWithin<Answer>(
  timeoutMs: number,
  read: Promise<Answer>,
): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(databaseTrouble(noAnswer(timeoutMs))), timeoutMs);
  });
  return Promise.race([read, silence]).finally(() => clearTimeout(timer));
}

const noAnswer = (timeoutMs: number) =>
  Object.assign(new Error(`no answer within ${timeoutMs} ms`), { code: "ETIMEDOUT" });
