import { z } from "zod";
import { isItemId, isShareId } from "#lib/ids.ts";
import {
  SHARE_DAYS_MAX,
  SHARE_PASSWORD_MAX_CHARACTERS,
  SHARE_PASSWORD_MIN_CHARACTERS,
} from "#lib/limits.ts";

const prompt = z.string().refine(isItemId, "The id of the prompt is malformed");
const fingerprint = z.string().regex(/^[0-9a-f]{32}$/, "This is no finding");

export const sharePassword = z
  .string()
  .min(
    SHARE_PASSWORD_MIN_CHARACTERS,
    `The password needs at least ${SHARE_PASSWORD_MIN_CHARACTERS} characters`,
  )
  .max(
    SHARE_PASSWORD_MAX_CHARACTERS,
    `The password has at most ${SHARE_PASSWORD_MAX_CHARACTERS} characters`,
  );

export const expiresInDays = z.number().int().min(1).max(SHARE_DAYS_MAX);

/** What a person wants of a share. */
export const newShare = z
  .strictObject({
    /** Made by the client, so that asking again makes no second one. */
    shareId: z.string().refine(isShareId, "The id of the share is malformed"),
    sessionId: z.string(),
    mode: z.enum(["live", "frozen"]),
    /** Prompts of the first and the last turn that are shown; null where the session's own ends count. */
    fromMessageId: prompt.nullable().default(null),
    toMessageId: prompt.nullable().default(null),
    /** Of a frozen share: position that its owner saw the session at. What came later is not frozen with it. */
    seenSeq: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).nullable().default(null),
    hidesReasoning: z.boolean().default(false),
    hidesOutputs: z.boolean().default(false),
    hidesPaths: z.boolean().default(false),
    masksPossible: z.boolean().default(true),
    /** Definite secrets that are to be shown all the same. */
    shownSecrets: z.array(fingerprint).max(200).default([]),
    password: sharePassword.nullable().default(null),
    /** Null: until it is taken back. */
    expiresInDays: expiresInDays.nullable().default(30),
    allowsEmbed: z.boolean().default(false),
    allowsCard: z.boolean().default(true),
  })
  .refine(({ password, allowsEmbed }) => password === null || !allowsEmbed, {
    path: ["allowsEmbed"],
    message: "A page that embeds it cannot ask for the password",
  });

export type NewShare = z.infer<typeof newShare>;
