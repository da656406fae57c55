import { z } from "zod";
import { hasVisibleText } from "#lib/has-visible-text.ts";
import {
  ALLOWED_HOSTS_MAX,
  MCP_SERVERS_MAX,
  REPOSITORY_MAX_CHARACTERS,
  SECRET_MAX_BYTES,
} from "#lib/limits.ts";
import {
  agentId,
  environment,
  isStorable,
  notStorable,
  profileName,
  setupCommands,
  variableName,
} from "#server/sessions/new-session.ts";

const LINE_MAX_CHARACTERS = 1_024;

/** A line of its own, so that it cannot become two in a configuration. */
const line = (name: string) =>
  z
    .string({ message: `${name} is a text` })
    .trim()
    .min(1, { message: `${name} is empty` })
    .max(LINE_MAX_CHARACTERS, { message: `${name} is too long` })
    // oxlint-disable-next-line no-control-regex
    .regex(/^[^\u0000-\u001f\u007f]*$/, { message: `${name} is one line` })
    .refine(isStorable, notStorable);

const mcpServer = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("stdio"),
    name: line("The name of an MCP server"),
    command: line("The command of an MCP server"),
    args: z.array(line("An argument of an MCP server")).max(100),
    environment,
  }),
  z.strictObject({
    type: z.literal("http"),
    name: line("The name of an MCP server"),
    url: line("The address of an MCP server").pipe(
      z.url({ protocol: /^https?$/, message: "The address of an MCP server begins with https://" }),
    ),
    headers: z.record(
      line("The name of a header").regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, {
        message: "This is not the name of a header",
      }),
      line("The value of a header"),
    ),
  }),
]);

const allowedHost = line("A host").regex(/^(\*\.)?[\w.-]+(:\d+)?$/, {
  message: "A host is written as name, *.name or name:port, without https://",
});

/** By the rules of git, which is asked again when the branch is made. */
const branchPattern = line("The pattern of branches")
  .regex(/\{id\}/, { message: "The pattern of branches holds {id}, so that no two are alike" })
  .regex(/^[A-Za-z0-9][A-Za-z0-9._/{}-]*$/, {
    message: "A pattern of branches is letters, digits, dots, dashes and slashes",
  })
  .refine((text) => !/\.\.|\/\/|\/\.|\.$|\/$|\.lock(?:\/|$)/.test(text), {
    message: "Git would refuse a branch of this pattern",
  });

const author = z.strictObject({
  name: line("The author's name").regex(/^[^<>]*$/, { message: "A name has no < or >" }),
  email: line("The author's address").regex(/^[^<>\s]+$/, {
    message: "This is not an e-mail address",
  }),
});

const positive = z.number().int().min(1, { message: "A limit is at least 1" });

export const profileSettings = z.strictObject({
  variables: environment.default({}),
  setupCommands: setupCommands.default([]),
  agent: agentId.nullable().default(null),
  model: line("The model").nullable().default(null),
  mcpServers: z
    .array(mcpServer)
    .max(MCP_SERVERS_MAX, { message: `At most ${MCP_SERVERS_MAX} MCP servers` })
    .refine((servers) => new Set(servers.map(({ name }) => name)).size === servers.length, {
      message: "Two MCP servers have the same name",
    })
    .default([]),
  allowedHosts: z
    .array(allowedHost)
    .max(ALLOWED_HOSTS_MAX, { message: `At most ${ALLOWED_HOSTS_MAX} hosts` })
    .default([]),
  memoryMaxBytes: positive.nullable().default(null),
  processesMax: positive.nullable().default(null),
  branchPattern: branchPattern.nullable().default(null),
  author: author.nullable().default(null),
  submodules: z.boolean().default(false),
  lfs: z.boolean().default(false),
});

export const newProfile = z.strictObject({
  name: profileName,
  /** Checked further by `parseRepositoryPattern`; empty for all. */
  repository: z.string().max(REPOSITORY_MAX_CHARACTERS).default(""),
  isDefault: z.boolean().default(false),
  settings: profileSettings,
});

export type NewProfile = z.infer<typeof newProfile>;

const noValue = { message: "A secret has a value" };

export const newSecret = z.strictObject({
  name: variableName,
  /** Of any lines, as keys and certificates have them. */
  value: z
    .string(noValue)
    .refine(hasVisibleText, noValue)
    .refine((text) => Buffer.byteLength(text) <= SECRET_MAX_BYTES, {
      message: `A secret has at most ${SECRET_MAX_BYTES / 1024} KB`,
    })
    .refine(isStorable, notStorable),
});

export type NewSecret = z.infer<typeof newSecret>;
