import { createHash } from "node:crypto";
import { z } from "zod";
import { AppError } from "#lib/errors.ts";
import { createBatchId } from "#lib/ids.ts";
import { isRecord } from "#lib/is-record.ts";
import { BATCH_CONCURRENCY_MAX, BATCH_LINES_MAX } from "#lib/limits.ts";
import { batchKinds } from "#lib/batch.ts";
import { requireTeamAction } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import { isIdempotencyKey } from "#server/ingest/upload-words.ts";
import type { Services } from "#server/services.ts";
import { checkNewBatch } from "./check-new-batch.ts";
import { actionOfKind } from "./read-batches.ts";

function wholeNumber(max: number) {
  const words = { message: `must be a whole number from 1 to ${max}` };
  return z.number(words).int(words).min(1, words).max(max, words);
}

export const newBatch = z.strictObject({
  kind: z.enum(batchKinds, { message: "The kind is start or import" }),
  /** Lines that will come; left out: sealing ends the batch. */
  expectedCount: wholeNumber(BATCH_LINES_MAX).optional(),
  idempotencyKey: z.string().refine(isIdempotencyKey, "Printable ASCII, not too long").optional(),
  /** Members of every line that does not have them itself. */
  defaults: z
    .record(z.string(), z.json())
    .refine((defaults) => !/\\u0000|\0/.test(JSON.stringify(defaults)), "Holds a NUL character")
    .default({}),
  /** Lines at work at one time, at most. */
  concurrency: wholeNumber(BATCH_CONCURRENCY_MAX).optional(),
  /** Is told when the batch is done, or aborted. */
  webhook: z
    .strictObject({
      url: z
        .url({ protocol: /^https?$/, message: "must be an http:// or https:// URL" })
        .max(2_048)
        .refine((url) => !hasPassword(url), "must not hold a name or a password"),
      /** As of Standard Webhooks: 24 to 64 bytes in base64. */
      secret: z
        .string()
        .regex(/^whsec_[0-9A-Za-z+/]{32,86}={0,2}$/, "must be whsec_ and 24 to 64 bytes in base64"),
    })
    .optional(),
});

function hasPassword(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { username, password } = new URL(url);
  return username !== "" || password !== "";
}

export type NewBatch = z.infer<typeof newBatch>;

/** Where nobody says another: sessions that are imported keep nobody waiting. */
const IMPORTS_AT_ONCE = 4;

export interface CreatedBatch {
  batchId: string;
  /** False when the same request came before. */
  isNew: boolean;
}

/**
 * Makes a batch without lines, or finds the one that the same idempotency key made. Throws `conflict` when the key was
 * used for another request, `invalid_input` for what no line could go with, `forbidden` for a token that may not do what the lines ask for.
 */
export async function createBatch(
  { database: { sql }, environment, agents }: Pick<Services, "database" | "environment" | "agents">,
  viewer: Viewer,
  asked: NewBatch,
): Promise<CreatedBatch> {
  const { kind, expectedCount = null, idempotencyKey = null, defaults } = asked;
  requireTeamAction(viewer, { teamId: viewer.teamId, action: actionOfKind[kind] });
  checkNewBatch({ environment, agents }, asked);
  const concurrency =
    asked.concurrency ?? (kind === "start" ? environment.MAX_ACTIVE_SESSIONS : IMPORTS_AT_ONCE);
  const { webhook = null } = asked;
  const requestHash = hashOf([kind, expectedCount, defaults, asked.concurrency ?? null, webhook]);
  const batchId = createBatchId();
  const inserted = await sql`
    with batch as (
    insert into batches (
      id, team_id, owner_id, kind, idempotency_key, request_hash, expected_count, concurrency,
      defaults, state
    ) values (
      ${batchId}, ${viewer.teamId}, ${viewer.userId}, ${kind}, ${idempotencyKey}, ${requestHash},
      ${expectedCount}, ${concurrency}, ${JSON.stringify(defaults)}::text::jsonb, 'open'
    )
    on conflict (owner_id, idempotency_key) do nothing returning id
    ), told as (
      insert into batch_webhooks (batch_id, url, secret)
      select id, ${webhook?.url ?? null}, ${webhook?.secret ?? null} from batch
      where ${webhook !== null}
    )
    select 1 from batch`;
  if (inserted.length > 0) return { batchId, isNew: true };
  const [known] = await sql<{ batchId: string; isSame: boolean }[]>`
    select id as "batchId", request_hash = ${requestHash} and team_id = ${viewer.teamId} as "isSame"
    from batches where owner_id = ${viewer.userId} and idempotency_key = ${idempotencyKey}`;
  if (known?.isSame) return { batchId: known.batchId, isNew: false };
  throw new AppError("conflict", "This idempotency key was used for another batch", {
    details: { field: "idempotencyKey" },
  });
}

/** Of what is asked, in whatever order its members were written. */
const hashOf = (request: unknown[]) =>
  createHash("sha256").update(JSON.stringify(request, inOrder)).digest("hex");

const inOrder = (_key: string, value: unknown): unknown =>
  isRecord(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    : value;
