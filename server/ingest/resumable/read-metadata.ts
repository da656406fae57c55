import { z } from "zod";
import { AppError } from "#lib/errors.ts";
import type { UploadHead } from "../accept-upload.ts";
import { acceptedEncodings } from "../decode-body.ts";
import {
  cleanUploadName,
  IDEMPOTENCY_KEY_MAX_CHARACTERS,
  isIdempotencyKey,
} from "../upload-words.ts";

/** `Upload-Metadata`, decoded: a key without a value is null. */
export type Metadata = Record<string, string | null>;

/** Other keys, such as `filetype`, are let through: what the bytes are is seen when they are read. */
const metadataSchema = z.object({
  sessionId: z.string({ error: "Upload-Metadata names the session: sessionId" }),
  filename: z.string().nullish(),
  encoding: z
    .enum(acceptedEncodings, { error: `encoding may be ${acceptedEncodings.join(", ")}` })
    .default("identity"),
  idempotencyKey: z
    .string()
    .refine(isIdempotencyKey, {
      error: `idempotencyKey is 1 to ${IDEMPOTENCY_KEY_MAX_CHARACTERS} printable ASCII characters`,
    })
    .optional(),
});

interface ReadMetadata {
  sessionId: string;
  head: Pick<UploadHead, "name" | "encoding" | "idempotencyKey">;
}

/** What a client says of an upload that it begins. Throws `invalid_input` with the key that is wrong. */
export function readMetadata(metadata: Metadata | undefined): ReadMetadata {
  const result = metadataSchema.safeParse(metadata ?? {});
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new AppError("invalid_input", issue?.message ?? "Upload-Metadata is malformed", {
      details: { field: issue?.path.join(".") ?? "" },
    });
  }
  const { sessionId, filename, encoding, idempotencyKey = null } = result.data;
  return { sessionId, head: { name: cleanUploadName(filename ?? null), encoding, idempotencyKey } };
}

/** The same in the other direction, as far as it is kept. */
export const writeMetadata = ({
  sessionId,
  name,
  encoding,
}: {
  sessionId: string;
  name: string | null;
  encoding: string;
}): Metadata => ({ sessionId, ...(name !== null && { filename: name }), encoding });
