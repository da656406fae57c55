import { z } from "zod";
import { ANSWER_MAX_CHARACTERS, REQUEST_OPTIONS_MAX } from "#lib/limits.ts";
import { isStorable, notStorable } from "#server/sessions/new-session.ts";

const ID_MAX_CHARACTERS = 256;
const CHOICES_MAX = 5 * REQUEST_OPTIONS_MAX;

const text = z
  .string()
  .max(ANSWER_MAX_CHARACTERS, {
    message: `An answer has at most ${ANSWER_MAX_CHARACTERS.toLocaleString("en")} characters`,
  })
  .refine(isStorable, notStorable);

/** One of the agent's options. */
export const optionId = z.string().max(ID_MAX_CHARACTERS);

/** What was filled in, by the names of a question's fields; null declines it. */
export const answerContent = z
  .record(text, z.union([text, z.number(), z.boolean(), z.array(text).max(CHOICES_MAX)]))
  .nullable();
