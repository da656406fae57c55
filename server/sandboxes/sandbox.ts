import type { Readable, Writable } from "node:stream";
import type { AppError } from "#lib/errors.ts";
import type { EgressPolicy } from "#server/egress/egress-policy.ts";

/** Of each folder in memory that isolated processes see: /tmp, and where they share memory. */
export const TEMPORARY_MAX_BYTES = 512 * 1024 ** 2;

/** What to run, where, with what; nothing is inherited from our own environment but what the driver allows. */
export interface SpawnRequest {
  command: string;
  args: string[];
  /** Absolute; the workspace of a session or a folder of ours. */
  cwd: string;
  /** Added to the allow-listed base (PATH, LANG, TZ, HOME of the session …). */
  environment: Record<string, string>;
  /** Private home folder of the session, made when missing; HOME and the XDG folders point into it. */
  homePath: string;
}

export interface ExitState {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A child in a process group of its own. */
export interface SandboxedProcess {
  pid: number;
  /** Start time in clock ticks since boot, where the system tells (`/proc`): pid and this identify a process. */
  startTicks: number | null;
  stdin: Writable;
  stdout: Readable;
  stderr: Readable;
  /** Settles once the child is gone and its streams are closed; never rejects after a successful spawn. */
  exited: Promise<ExitState>;
  /** SIGTERM to the group, SIGKILL to what is left of it after `graceMs`; resolves when the whole group is gone. */
  stop(options?: { graceMs?: number }): Promise<void>;
}

/** Runs untrusted children: agents, git, setup commands. */
export interface Sandbox {
  /** `unavailable` with a message that names the command when it cannot be started. */
  spawn(request: SpawnRequest): Promise<SandboxedProcess>;
  /** What to tell about a process that was ended because a limit was reached; null when none was. */
  findTrouble?(): Promise<AppError | null>;
}

/** A sandbox for the processes of one session. */
export interface SessionSandbox extends Sandbox {
  /** What this machine does not let the driver enforce, in words for people; empty where everything holds. */
  gaps: readonly string[];
  /** Takes back what `prepare` opened; its processes have ended before. Safe to call twice. */
  close(): Promise<void>;
}

export interface SessionSandboxOptions {
  sessionId: string;
  generation: number;
  /** Absolute folders that its processes see at the same place, and that become theirs where they are another user. */
  writablePaths: readonly string[];
  /** The same, to read only: mirrors, the agent's own program. */
  readablePaths: readonly string[];
  egress: EgressPolicy;
  limits: ProcessLimits;
  /** Does not own the session: who works there besides is let be. */
  isVisitor?: boolean;
  /** Told of every connection that was refused: `host:port`. */
  onRefused: (target: string) => void;
}

/** Of all processes of a session together. */
export interface ProcessLimits {
  memoryBytes: number;
  processCount: number;
  /** Processors' worth of time; null for all of them. */
  processorCount: number | null;
  /** Of one file: a process cannot fill the disk faster than it is looked at. */
  fileBytes: number;
}

/** What keeps a session's processes apart from the machine and from other sessions. */
export interface SandboxDriver {
  name: "process" | "bubblewrap" | "docker";
  /** False: its processes see what we see. Said wherever such a session is shown. */
  isIsolating: boolean;
  /** Its processes find the programs of an image instead of this machine's. */
  hasOwnSystem: boolean;
  /** What this machine does not let it enforce, in words for people, as a trial at the start has shown. */
  gaps: readonly string[];
  prepare(options: SessionSandboxOptions): Promise<SessionSandbox>;
  /** Looks again and again for what could not be ended before. Returns how to stop. */
  keep?(): () => Promise<void>;
}
