import { pino } from "pino";

const isLevel = (text: string | undefined): text is string =>
  text !== undefined && (text === "silent" || text in pino.levels.values);

/** The process's log, JSON lines on standard output. Raw errors go here and nowhere else. */
export const log = pino({
  // An unknown level is refused by `server/env.ts`, which names the variable.
  level: isLevel(process.env["LOG_LEVEL"]) ? process.env["LOG_LEVEL"] : "info",
  base: null,
  // By itself pino knows only `err`; an error under another name becomes `{}`. We write `err`.
  serializers: { err: pino.stdSerializers.err, error: pino.stdSerializers.err },
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
