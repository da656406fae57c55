import { z } from "zod";
import { isShareId } from "#lib/ids.ts";
import {
  SHARE_DAYS_MAX,
  SHARE_PASSWORD_MAX_CHARACTERS,
  SHARE_PASSWORD_MIN_CHARACTERS,
} from "#lib/limits.ts";

const turn = z.number().int().min(1).max(1_000_000_000);
const fingerprint = z.string().regex(/^[0-9a-f]{32}$/, "This is no finding");

/** What a person wants of a share. */
export const newShare = z
  .strictObject({
    /** Made by the client, so that asking again makes no second one. */
    shareId: z.string().refine(isShareId, "The id of the share is malformed"),
    sessionId: z.string(),
    mode: z.enum(["live", "frozen"]),
    fromTurn: turn.nullable().default(null),
    toTurn: turn.nullable().default(null),
    hidesReasoning: z.boolean().default(false),
    hidesOutputs: z.boolean().default(false),
    hidesPaths: z.boolean().default(false),
    masksPossible: z.boolean().default(true),
    /** Definite secrets that are to be shown all the same. */
    shownSecrets: z.array(fingerprint).max(200).default([]),
    password: z
      .string()
      .min(
        SHARE_PASSWORD_MIN_CHARACTERS,
        `The password needs at least ${SHARE_PASSWORD_MIN_CHARACTERS} characters`,
      )
      .max(
        SHARE_PASSWORD_MAX_CHARACTERS,
        `The password has at most ${SHARE_PASSWORD_MAX_CHARACTERS} characters`,
      )
      .nullable()
      .default(null),
    /** Null: until it is taken back. */
    expiresInDays: z.number().int().min(1).max(SHARE_DAYS_MAX).nullable().default(30),
    allowsEmbed: z.boolean().default(false),
    allowsCard: z.boolean().default(true),
  })
  .refine(({ fromTurn, toTurn }) => (fromTurn ?? 1) <= (toTurn ?? Infinity), {
    path: ["toTurn"],
    message: "The last turn lies before the first",
  })
  .refine(({ password, allowsEmbed }) => password === null || !allowsEmbed, {
    path: ["allowsEmbed"],
    message: "A page that embeds it cannot ask for the password",
  });

export type NewShare = z.infer<typeof newShare>;
