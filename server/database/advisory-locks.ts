/**
 * Advisory locks of ours in the two-number form, a space apart from the one-number locks that pg-boss and
 * `processes.lock_key` use. First number: ours; second: what is locked.
 */
export const LOCK_SPACE = 0x6d696c6c;

export const lockNumbers = {
  /** One process migrates at a time. */
  migrate: 1,
  /** Held shared by every process that uses an embedded server; who gets it alone may stop the server. */
  embeddedServerInUse: 2,
  /** PostgreSQL copies a template database only while nobody else is connected to it. */
  copyTestTemplate: 3,
} as const;
