import { z } from "zod";
import { permissionModes } from "#lib/agent-request.ts";
import { hasVisibleText } from "#lib/has-visible-text.ts";
import { isMessageId, isSessionId } from "#lib/ids.ts";
import {
  BRANCH_MAX_CHARACTERS,
  ENVIRONMENT_NAME_MAX_CHARACTERS,
  ENVIRONMENT_VALUE_MAX_CHARACTERS,
  ENVIRONMENT_VARIABLES_MAX,
  PROFILE_NAME_MAX_CHARACTERS,
  PROMPT_MAX_CHARACTERS,
  REPOSITORY_MAX_CHARACTERS,
  SETUP_COMMAND_MAX_CHARACTERS,
  SETUP_COMMANDS_MAX,
  TITLE_MAX_CHARACTERS,
} from "#lib/limits.ts";
import { attachmentIds } from "#server/attachments/attachment-ids.ts";

const notASessionId = { message: "This is not a session id" };
const notAMessageId = { message: "This is not a message id" };
export const sessionId = z.string(notASessionId).refine(isSessionId, notASessionId);
export const messageId = z.string(notAMessageId).refine(isMessageId, notAMessageId);

/** What Postgres takes neither as text nor in JSON. */
export const isStorable = (text: string) => !/[\0\p{Surrogate}]/u.test(text);
export const notStorable = {
  error: ({ input }: { input?: unknown }) =>
    String(input).includes("\0")
      ? "The text holds a NUL character"
      : "The text holds broken Unicode",
};

const noPrompt = { message: "Type what the agent should do" };
export const promptText = z
  .string(noPrompt)
  .refine(hasVisibleText, noPrompt)
  .max(PROMPT_MAX_CHARACTERS, {
    message: `The prompt is longer than ${PROMPT_MAX_CHARACTERS.toLocaleString("en")} characters`,
  })
  .refine(isStorable, notStorable);

const noTitle = { message: "A title has at least one character" };
export const sessionTitle = z
  .string(noTitle)
  .trim()
  .refine(hasVisibleText, noTitle)
  .max(TITLE_MAX_CHARACTERS, {
    message: `A title has at most ${TITLE_MAX_CHARACTERS} characters`,
  })
  .refine(isStorable, notStorable);

const setupCommand = z
  .string({ message: "A setup command is a text" })
  .trim()
  .min(1, { message: "A setup command is empty" })
  .max(SETUP_COMMAND_MAX_CHARACTERS, {
    message: `A setup command is longer than ${SETUP_COMMAND_MAX_CHARACTERS.toLocaleString("en")} characters`,
  })
  .refine(isStorable, notStorable);

export const setupCommands = z
  .array(setupCommand, { message: "Setup commands are a list of texts" })
  .max(SETUP_COMMANDS_MAX, { message: `At most ${SETUP_COMMANDS_MAX} setup commands` });

interface RecordIssue {
  code?: string;
  /** What is wrong with a name. */
  issues?: { message: string }[];
}

/** What is wrong with the whole or with a name; values speak for themselves. */
const describeRecord = ({ code, issues = [] }: RecordIssue) =>
  code === "invalid_type" ? "Variables are names with their values" : issues[0]?.message;

export const variableName = z
  .string()
  .max(ENVIRONMENT_NAME_MAX_CHARACTERS, {
    message: `The name of a variable has at most ${ENVIRONMENT_NAME_MAX_CHARACTERS} characters`,
  })
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
    message: "Names of variables are letters, digits and underscores",
  });

export const environment = z
  .record(
    variableName,
    z
      .string({ message: "The value of a variable is a text" })
      .max(ENVIRONMENT_VALUE_MAX_CHARACTERS, {
        message: `The value of a variable has at most ${ENVIRONMENT_VALUE_MAX_CHARACTERS.toLocaleString("en")} characters`,
      })
      .refine(isStorable, notStorable),
    { error: describeRecord },
  )
  .refine((variables) => Object.keys(variables).length <= ENVIRONMENT_VARIABLES_MAX, {
    message: `At most ${ENVIRONMENT_VARIABLES_MAX} variables`,
  });

const notAnAgent = { message: "This is not the id of an agent" };
export const agentId = z.string(notAnAgent).max(64, notAnAgent);

const noProfileName = { message: "An environment has a name" };
export const profileName = z
  .string(noProfileName)
  .trim()
  .refine(hasVisibleText, noProfileName)
  .max(PROFILE_NAME_MAX_CHARACTERS, {
    message: `The name of an environment has at most ${PROFILE_NAME_MAX_CHARACTERS} characters`,
  })
  .refine(isStorable, notStorable);

interface ObjectIssue {
  code?: string;
  keys?: string[];
}

const describeObject = ({ code, keys = [] }: ObjectIssue) =>
  code === "unrecognized_keys"
    ? `There is no field "${keys.join('", "')}"`
    : "The request is not an object";

/** What may be set at a start and changed until the session is initiated. */
const plan = {
  prompt: promptText,
  /** Checked further by `parseBranch`. */
  branch: z
    .string({ message: "The branch is a text" })
    .trim()
    .max(BRANCH_MAX_CHARACTERS, {
      message: `The name of a branch has at most ${BRANCH_MAX_CHARACTERS} characters`,
    })
    .optional(),
  agent: agentId.optional(),
  setupCommands: setupCommands.optional(),
  environment: environment.optional(),
};

export const newSession = z.strictObject(
  {
    ...plan,
    /** Checked further by `parseRepository`. */
    repository: z.string({ message: "Name a repository" }).max(REPOSITORY_MAX_CHARACTERS, {
      message: `The repository is longer than ${REPOSITORY_MAX_CHARACTERS.toLocaleString("en")} characters`,
    }),
    /** Files that go with the prompt. */
    attachments: attachmentIds.optional(),
    /** Name of the environment to take; null for none, left out for the default one of the repository. */
    profile: profileName.nullable().optional(),
    /** `ask`: a person is asked before the agent's tools run, where the agent asks at all. */
    permissions: z.enum(permissionModes, { message: "Permissions are allow or ask" }).optional(),
    /** Made by the client, so that a repeated request finds the session that the first one started. */
    messageId: messageId.optional(),
    /** False: prepare, then wait for `session.initiate`. */
    autoInitiate: z.boolean({ message: "This is true or false" }).default(true),
    /** `sync` answers when the session is ready (or prepared) or has failed. */
    mode: z.enum(["async", "sync"], { message: "The mode is async or sync" }).default("async"),
  },
  { error: describeObject },
);

export type NewSession = z.infer<typeof newSession>;

export const sessionUpdate = z
  .strictObject({ sessionId, ...plan, prompt: promptText.optional() }, { error: describeObject })
  .describe("Fields that are left out stay as they are");

export type SessionUpdate = z.infer<typeof sessionUpdate>;
