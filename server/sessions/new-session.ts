import { z } from "zod";
import { isMessageId, isSessionId } from "#lib/ids.ts";
import {
  BRANCH_MAX_CHARACTERS,
  ENVIRONMENT_NAME_MAX_CHARACTERS,
  ENVIRONMENT_VALUE_MAX_CHARACTERS,
  ENVIRONMENT_VARIABLES_MAX,
  PROMPT_MAX_CHARACTERS,
  REPOSITORY_MAX_CHARACTERS,
  SETUP_COMMAND_MAX_CHARACTERS,
  SETUP_COMMANDS_MAX,
  TITLE_MAX_CHARACTERS,
} from "#lib/limits.ts";

export const sessionId = z.string().refine(isSessionId, { message: "This is not a session id" });
export const messageId = z.string().refine(isMessageId, { message: "This is not a message id" });

const hasNoNul = (text: string) => !text.includes("\0");
const withoutNul = { message: "The text holds a NUL character" };

export const promptText = z
  .string()
  .refine((text) => text.trim() !== "", { message: "Type what the agent should do" })
  .max(PROMPT_MAX_CHARACTERS, {
    message: `The prompt is longer than ${PROMPT_MAX_CHARACTERS.toLocaleString("en")} characters`,
  })
  .refine(hasNoNul, withoutNul)
  .refine((text) => !/\p{Surrogate}/u.test(text), { message: "The prompt holds broken Unicode" });

export const sessionTitle = z
  .string()
  .trim()
  .min(1, { message: "A title has at least one character" })
  .max(TITLE_MAX_CHARACTERS)
  .refine(hasNoNul, withoutNul);

const setupCommands = z
  .array(z.string().trim().min(1).max(SETUP_COMMAND_MAX_CHARACTERS).refine(hasNoNul, withoutNul))
  .max(SETUP_COMMANDS_MAX, { message: `At most ${SETUP_COMMANDS_MAX} setup commands` });

const environment = z
  .record(
    z
      .string()
      .max(ENVIRONMENT_NAME_MAX_CHARACTERS, {
        message: `The name of a variable has at most ${ENVIRONMENT_NAME_MAX_CHARACTERS} characters`,
      })
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
        message: "Names of variables are letters, digits and underscores",
      }),
    z
      .string()
      .max(ENVIRONMENT_VALUE_MAX_CHARACTERS, {
        message: `The value of a variable has at most ${ENVIRONMENT_VALUE_MAX_CHARACTERS.toLocaleString("en")} characters`,
      })
      .refine(hasNoNul, withoutNul),
  )
  .refine((variables) => Object.keys(variables).length <= ENVIRONMENT_VARIABLES_MAX, {
    message: `At most ${ENVIRONMENT_VARIABLES_MAX} variables`,
  });

/** What may be set at a start and changed until the session is initiated. */
const plan = {
  prompt: promptText,
  /** Checked further by `parseBranch`. */
  branch: z
    .string()
    .trim()
    .max(BRANCH_MAX_CHARACTERS, {
      message: `The name of a branch has at most ${BRANCH_MAX_CHARACTERS} characters`,
    })
    .optional(),
  agent: z.string().max(64, { message: "This is not the id of an agent" }).optional(),
  setupCommands: setupCommands.optional(),
  environment: environment.optional(),
};

export const newSession = z.strictObject({
  ...plan,
  /** Checked further by `parseRepository`. */
  repository: z.string().max(REPOSITORY_MAX_CHARACTERS, {
    message: `The repository is longer than ${REPOSITORY_MAX_CHARACTERS.toLocaleString("en")} characters`,
  }),
  /** Made by the client, so that a repeated request finds the session that the first one started. */
  messageId: messageId.optional(),
  /** False: prepare, then wait for `session.initiate`. */
  autoInitiate: z.boolean().default(true),
  /** `sync` answers when the session is ready (or prepared) or has failed. */
  mode: z.enum(["async", "sync"]).default("async"),
});

export type NewSession = z.infer<typeof newSession>;

export const sessionUpdate = z
  .strictObject({ sessionId, ...plan, prompt: promptText.optional() })
  .describe("Fields that are left out stay as they are");

export type SessionUpdate = z.infer<typeof sessionUpdate>;
