/** What a command of `millrace` ends with; told in its help and in docs/cli.md. */
export const exitCodes = {
  /** Everything was stored. */
  complete: 0,
  /** Refused, or it failed for good. */
  failed: 1,
  /** The command itself is wrong: nothing was sent. */
  usage: 2,
  /** Stored, but for items that were skipped. */
  partial: 3,
  /** The server could not be reached, or said come again, until we gave up: the same command goes on later. */
  unavailable: 4,
  /** By Ctrl-C, where there was something to tidy up first; shells make the same of an interruption. */
  interrupted: 130,
  /** The same, of a request to end. */
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends the command with words for people and a code for scripts. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;
  /** Of the answer that ended it; null when it was no answer. */
  readonly status: number | null;

  constructor(
    exitCode: ExitCode,
    message: string,
    { status = null, ...options }: ErrorOptions & { status?: number | null } = {},
  ) {
    super(message, options);
    this.name = "CommandError";
    this.exitCode = exitCode;
    this.status = status;
  }
}
