import { bytesInWords } from "#lib/bytes-in-words.ts";
import { AppError } from "#lib/errors.ts";

/** What is told of a process that was ended because its session had used up its memory. */
export const memoryTrouble = (memoryBytes: number) =>
  new AppError(
    "too_large",
    `What the session ran needed more memory than the ${bytesInWords(memoryBytes)} it may use, and was ended`,
    { details: { memoryBytes } },
  );

/** What is told of a process that failed where it was refused another one. */
export const processesTrouble = (processCount: number) =>
  new AppError(
    "too_large",
    `What the session ran wanted more than the ${processCount} processes and threads it may have at a time, and failed`,
    { details: { processCount } },
  );
