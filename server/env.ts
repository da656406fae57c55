import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import {
  BATCH_LINE_MAX_BYTES,
  CHECKPOINT_MAX_BYTES,
  FAILED_UPLOAD_KEPT_DAYS,
  REFERENCE_THRESHOLD_BYTES,
  REFERENCE_THRESHOLD_MAX_BYTES,
  SESSION_OUTPUTS_MAX_BYTES,
  TEAM_STREAMS_MAX_BYTES,
} from "#lib/limits.ts";
import { listAgentDefinitions, parseAgentCommands } from "./agents/agent-registry.ts";
import { DEFAULT_ALLOWED_HOSTS } from "./sandboxes/default-hosts.ts";
import { parseSecretKeys } from "./secrets/parse-secret-keys.ts";

/** Digits and nothing else: neither `1e3` nor `0x10` nor blanks. */
function wholeNumber({ min, max = Number.MAX_SAFE_INTEGER, unit = "" }: NumberRange) {
  const isBounded = max < Number.MAX_SAFE_INTEGER;
  const range = isBounded ? `from ${min} to ${max}` : `of at least ${min}`;
  const message = `must be a whole number${unit} ${range}`;
  return z
    .string()
    .regex(/^-?\d+$/, message)
    .transform(Number)
    .pipe(z.number().min(min, message).max(max, message));
}

interface NumberRange {
  min: number;
  max?: number;
  /** Told in the refusal: ` of milliseconds`. */
  unit?: string;
}

const count = wholeNumber({ min: 1 });
const byteCount = wholeNumber({ min: 1, unit: " of bytes" });
/** What a timer can wait. */
const MAX_TIMER_MS = 2_147_483_647;
const milliseconds = wholeNumber({ min: 1, max: MAX_TIMER_MS, unit: " of milliseconds" });
/** A lease is renewed three times in its life, each time by a round trip to the database. */
const MIN_LEASE_MS = 1_000;
const lease = wholeNumber({ min: MIN_LEASE_MS, max: MAX_TIMER_MS, unit: " of milliseconds" });
const flag = z.enum(["0", "1"], { message: "must be 0 or 1" }).transform((text) => text === "1");

/** `a, b` as a list; empty text is an empty list. */
const list = z.string().transform((text) =>
  text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== ""),
);

/** A parser of ours as a schema: its refusal is the variable's. */
const parsedBy = <Value>(parse: (text: string) => Value) =>
  z.string().transform((text, context) => {
    try {
      return parse(text);
    } catch (error) {
      context.addIssue({ code: "custom", message: (error as Error).message });
      return z.NEVER;
    }
  });

const roleMessage = "must be web, worker, or both with a comma between them";
const role = z.enum(["web", "worker"], { message: roleMessage });

const logLevels = ["trace", "debug", "info", "warn", "error", "silent"] as const;

const loopbackHosts = new Set(["127.0.0.1", "::1", "localhost"]);

/** Every variable that Millrace reads. Names and defaults are told in `.env.example`; a test holds the two together. */
export const environmentSchema = z
  .object({
    /** PostgreSQL 15 or later; without it an embedded server runs in `DATA_DIR`. */
    DATABASE_URL: z
      .url({ protocol: /^postgres(ql)?$/, message: "must be a postgres:// URL" })
      .optional(),
    /** Holds the embedded database, blobs, repository mirrors and workspaces. */
    DATA_DIR: z
      .string()
      .min(1)
      .default("./data")
      .transform((path) => resolve(path)),
    /** Keeps files in this S3 bucket instead of `DATA_DIR`. */
    S3_BUCKET: z.string().min(1).optional(),
    /** Address of an S3 server that is not AWS's. */
    S3_ENDPOINT: z
      .url({ protocol: /^https?$/, message: "must be an http:// or https:// URL" })
      .optional(),
    S3_REGION: z.string().min(1).default("us-east-1"),
    /** Starts every name in the bucket. */
    S3_PREFIX: z
      .string()
      .regex(/^([^/]+\/)*$/, "must end with / and not begin with it")
      .default(""),
    /** Without both, the AWS SDK looks in its usual places. */
    S3_ACCESS_KEY_ID: z.string().min(1).optional(),
    S3_SECRET_ACCESS_KEY: z.string().min(1).optional(),
    /** Names the bucket in the path, which all servers but a few understand, not in the host's name. */
    S3_FORCE_PATH_STYLE: flag.default(true),
    HOST: z.string().min(1).default("127.0.0.1"),
    PORT: wholeNumber({ min: 0, max: 65_535 }).default(3000),
    /** Address that people reach the server at, when it is not `http://HOST:PORT`. */
    PUBLIC_URL: z
      .url({ protocol: /^https?$/, message: "must be an http:// or https:// URL" })
      .optional(),
    /** What this process does; more processes with one role each scale out. */
    ROLE: list.default(["web", "worker"]).pipe(z.array(role).min(1, roleMessage)),
    AUTH_MODE: z
      .enum(["local"], { message: "must be 'local', the only mode so far" })
      .default("local"),
    /** `id:key` pairs, 32 bytes in base64 each. Secrets are sealed with the first and opened with all. */
    SECRETS_KEYS: parsedBy(parseSecretKeys).default([]),
    /** Sessions that may have an agent running in this process at one time. */
    MAX_ACTIVE_SESSIONS: count.default(4),
    /** Uploads that this process cuts into items at one time. */
    INGEST_CONCURRENCY: count.default(2),
    /** Uploads that this process reads at one time while they still arrive, besides those; 0 turns that off. */
    EARLY_INGEST_CONCURRENCY: wholeNumber({ min: 0 }).default(2),
    /** Groups of lines of one request that are on their way into the database at one time. */
    BATCH_INGEST_CONCURRENCY: count.default(10),
    /** A longer line of a batch fails, and nothing of it is held. */
    BATCH_LINE_MAX_BYTES: byteCount.default(BATCH_LINE_MAX_BYTES),
    /** Batches that ended so long ago go, with their lines; sessions stay. */
    BATCH_KEPT_DAYS: wholeNumber({ min: 1, max: 36_500, unit: " of days" }).default(
      FAILED_UPLOAD_KEPT_DAYS,
    ),
    /** From this size on an output is a reference; 0 makes every output one. */
    REFERENCE_THRESHOLD_BYTES: wholeNumber({
      min: 0,
      max: REFERENCE_THRESHOLD_MAX_BYTES,
      unit: " of bytes",
    }).default(REFERENCE_THRESHOLD_BYTES),
    /** All outputs of one session together; more is refused. */
    SESSION_OUTPUTS_MAX_BYTES: byteCount.default(SESSION_OUTPUTS_MAX_BYTES),
    /** All streams of one team together; more is refused. */
    TEAM_STREAMS_MAX_BYTES: byteCount.default(TEAM_STREAMS_MAX_BYTES),
    MIN_FREE_DISK_BYTES: byteCount.default(2 * 1024 ** 3),
    /** Folders of sessions that rest so long go from this machine's disk; their checkpoints stay. */
    WORKSPACE_KEPT_DAYS: wholeNumber({ min: 0, max: 36_500, unit: " of days" }).default(7),
    MIRRORS_MAX_BYTES: byteCount.default(20 * 1024 ** 3),
    /** `host` or `host:port` of git servers on private or loopback addresses that sessions may use. */
    ALLOWED_PRIVATE_HOSTS: list
      .default([])
      .pipe(z.array(z.string().regex(/^[^\s/@]+$/, "must be host or host:port, without http://"))),
    /** What keeps agents and setup commands apart from this machine; `auto` isolates them where it can. */
    SANDBOX: z
      .enum(["process", "bubblewrap", "docker", "auto"], {
        message: "must be process, bubblewrap, docker or auto",
      })
      .default("auto"),
    /** What sessions find in their containers when `SANDBOX` is `docker`. */
    SANDBOX_DOCKER_IMAGE: z.string().optional(),
    SANDBOX_DOCKER_SOCKET: z
      .string()
      .startsWith("/", "must be an absolute path")
      .default("/var/run/docker.sock"),
    /** `name`, `*.name` or `name:port` that isolated processes may connect to. */
    ALLOWED_HOSTS: list
      .default([...DEFAULT_ALLOWED_HOSTS])
      .pipe(
        z.array(
          z
            .string()
            .regex(
              /^(\*\.)?[\w.-]+(:\d+)?$/,
              "must be name, *.name or name:port, without https://",
            ),
        ),
      ),
    /** Of all isolated processes of a session together. */
    SESSION_MEMORY_MAX_BYTES: byteCount.default(4 * 1024 ** 3),
    SESSION_PROCESSES_MAX: count.default(512),
    /** Processors' worth of time; 0 for all of them. */
    SESSION_PROCESSORS_MAX: z
      .string()
      .regex(/^\d{1,4}(?:\.\d{1,2})?$/, "must be a number of processors, such as 1.5")
      .transform(Number)
      .default(0),
    /** Of everything in the session's folder, isolated or not: its work tree, home and temporary files. */
    SESSION_DISK_MAX_BYTES: byteCount.default(20 * 1024 ** 3),
    /** More agents, or changes to the known ones: `{"id": {"label": …, "command": …, "args": […], "environment": {…}}}`. */
    AGENT_COMMANDS: parsedBy(parseAgentCommands).default({}),
    /** Folders that agents are looked for in before PATH. */
    AGENT_PATHS: list
      .default([])
      .pipe(z.array(z.string().startsWith("/", "must be absolute folders"))),
    DEFAULT_AGENT: z.string().default("millrace"),
    /** How long an agent without work keeps its slot. */
    IDLE_TIMEOUT_MS: milliseconds.default(15 * 60_000),
    /** Of what is kept of one session's files to go on with another disk. */
    CHECKPOINT_MAX_BYTES: byteCount.default(CHECKPOINT_MAX_BYTES),
    /** Longest turn; the agent is cancelled after it. */
    TURN_TIMEOUT_MS: milliseconds.default(2 * 3_600_000),
    /** A turn that shows no sign of life for so long is said to do so. */
    STALL_AFTER_MS: milliseconds.default(5 * 60_000),
    LEASE_MS: lease.default(30_000),
    /** How long running turns get after SIGTERM before they are cancelled. */
    DRAIN_MS: milliseconds.default(20_000),
    /** How long a reader of a stream waits for news at most: less than what proxies in between allow. */
    STREAM_LONG_POLL_MS: milliseconds.default(25_000),
    CLONE_TIMEOUT_MS: milliseconds.default(10 * 60_000),
    SETUP_COMMAND_TIMEOUT_MS: milliseconds.default(10 * 60_000),
    AGENT_START_TIMEOUT_MS: milliseconds.default(2 * 60_000),
    /** Longest silence of an agent after the first prompt was given to it. */
    FIRST_UPDATE_TIMEOUT_MS: milliseconds.default(5 * 60_000),
    /** The system's own: agents, git and shells are found there. */
    PATH: z.string().default(""),
    LOG_LEVEL: z
      .enum(logLevels, { message: `must be one of ${logLevels.join(", ")}` })
      .default("info"),
    /** Opens routes under `/api/test` that break things on purpose. Never set it on a server that people use. */
    TEST_HOOKS: flag.default(false),
  })
  .refine(({ AUTH_MODE, HOST }) => AUTH_MODE !== "local" || loopbackHosts.has(HOST), {
    path: ["HOST"],
    message: "must be a loopback address (127.0.0.1, ::1, localhost) while AUTH_MODE is 'local'",
  })
  .refine(
    ({ SANDBOX, SANDBOX_DOCKER_IMAGE }) =>
      SANDBOX !== "docker" || SANDBOX_DOCKER_IMAGE !== undefined,
    { path: ["SANDBOX_DOCKER_IMAGE"], message: "must be set when SANDBOX is docker" },
  )
  .superRefine(({ DEFAULT_AGENT, AGENT_COMMANDS }, context) => {
    const known = listAgentDefinitions(AGENT_COMMANDS).map(({ id }) => id);
    if (known.includes(DEFAULT_AGENT)) return;
    const message = `must be one of ${known.join(", ")}, or another id of AGENT_COMMANDS`;
    context.addIssue({ code: "custom", path: ["DEFAULT_AGENT"], message });
  })
  .refine(({ S3_BUCKET, S3_ENDPOINT }) => S3_ENDPOINT === undefined || S3_BUCKET !== undefined, {
    path: ["S3_BUCKET"],
    message: "must be set when S3_ENDPOINT is",
  })
  .refine(
    ({ S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY }) =>
      (S3_ACCESS_KEY_ID === undefined) === (S3_SECRET_ACCESS_KEY === undefined),
    {
      path: ["S3_SECRET_ACCESS_KEY"],
      message: "must be set together with S3_ACCESS_KEY_ID, or neither of them",
    },
  )
  .refine(({ TEST_HOOKS, PUBLIC_URL }) => !TEST_HOOKS || PUBLIC_URL === undefined, {
    path: ["TEST_HOOKS"],
    message: "must not be 1 on a server that people reach at a PUBLIC_URL",
  });

export type Environment = z.infer<typeof environmentSchema>;

/** A start that only other variables can mend: one line for each, with its name and what it wants. */
export class EnvironmentError extends Error {}

/** Reads and checks all variables at once; throws `EnvironmentError`, without their values. Empty ones count as unset. */
export function readEnvironment(
  variables: Record<string, string | undefined> = process.env,
): Environment {
  const given = Object.fromEntries(
    Object.entries(variables).filter(
      ([name, text]) => name in environmentSchema.shape && text !== "",
    ),
  );
  const result = environmentSchema.safeParse(given);
  if (result.success) return result.data;
  // A list with several wrong entries is one wrong variable.
  const lines = result.error.issues.map(({ path, message }) => `${String(path[0])}: ${message}`);
  throw new EnvironmentError([...new Set(lines)].join("\n"));
}

/** Adds the variables of `.env` in the folder that the process was started in; those that are set already win. */
export function loadEnvironmentFile(): void {
  if (existsSync(".env")) process.loadEnvFile(".env");
}

/** True when Next.js compiles pages on request. */
export const isDevelopment = () => process.env.NODE_ENV === "development";

/** What `millrace push` reads; told in its help. */
export function readClientEnvironment(variables: Record<string, string | undefined> = process.env) {
  const { MILLRACE_URL, MILLRACE_TOKEN, XDG_STATE_HOME } = variables;
  return {
    url: MILLRACE_URL || "http://127.0.0.1:3000",
    token: MILLRACE_TOKEN || null,
    /** Folder for what a later command goes on with (XDG Base Directory Specification). */
    stateHome: XDG_STATE_HOME || join(homedir(), ".local", "state"),
  };
}
