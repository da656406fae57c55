import { readProblem } from "#lib/problem.ts";

/** `isPassing`: another try may help. */
export interface Trouble {
  message: string;
  isPassing: boolean;
}

/** Somebody else holds it, or the server is busy: these pass like a lost connection. */
const PASSING_STATUSES = [408, 409, 423, 425, 429];

/** What an answer that is no success means for whoever sends; status 0 stands for no answer. */
export function troubleOf(status: number, body: string): Trouble {
  if (status === 0) return { message: "The server does not answer.", isPassing: true };
  const isPassing = status >= 500 || PASSING_STATUSES.includes(status);
  return { message: readProblem(body) ?? `The server answered with ${status}.`, isPassing };
}
