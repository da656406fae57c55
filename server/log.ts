import { pino } from "pino";

/** The process's log, JSON lines on standard output. Raw errors go here and nowhere else. */
export const log = pino({
  level: process.env["LOG_LEVEL"] ?? "info",
  base: null,
  redact: {
    paths: [
      "token",
      "*.token",
      "password",
      "*.password",
      "headers.cookie",
      "headers.authorization",
    ],
    censor: "[redacted]",
  },
});

export type Log = typeof log;
