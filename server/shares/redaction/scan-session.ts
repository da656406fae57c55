import { setImmediate as yieldToOthers } from "node:timers/promises";
import type { Database, TransactionSql } from "#server/database/database.ts";
import { openItemBody } from "#server/items/open-item-body.ts";
import type { BlobServices } from "#server/blobs/write-blob.ts";
import { isAppError } from "#lib/errors.ts";
import { readServerKey } from "../server-key.ts";
import { fingerprintOf } from "../share-policy.ts";
import { findSecrets } from "./find-secrets.ts";
import { findMaskCut } from "./mask-secrets.ts";
import { createJsonTransform } from "./rewrite-json-text.ts";
import { JsonRewriter, type TextRewrite } from "./rewrite-json.ts";
import { definiteRules, SECRET_RULES_VERSION } from "./secret-rules.ts";

const BATCH_ITEMS = 200;
const BATCH_BYTES = 4 * 1024 * 1024;
/** Looked through without leaving the process to others: a few milliseconds. */
const PIECE_CHARACTERS = 65_536;
/** Different ones that are kept of one item: more are a list of secrets, or no secrets. */
const FINDINGS_MAX = 200;

interface Target {
  sessionId: string;
  generation: number;
}

/**
 * Looks through everything of a session that changed since the last time. The cursor moves with the findings in one
 * transaction: a process that dies has lost nothing, and two that work at once write the same. False when it stopped
 * because of `signal`.
 */
export async function scanSession(
  services: BlobServices,
  sessionId: string,
  signal: AbortSignal,
): Promise<boolean> {
  const key = await readServerKey(services.database);
  while (!signal.aborted) {
    const batch = await readBatch(services.database, sessionId);
    if (batch === null) return true;
    const findings: Finding[] = [];
    for (const item of batch.items) {
      if (signal.aborted) return false;
      findings.push(...(await scanItem(services, { key, target: batch, item })));
    }
    await services.database.sql.begin((tx) => storeFindings(tx, batch, findings));
  }
  return false;
}

interface ScannedItem {
  type: string;
  messageId: string;
  partId: string;
  seq: number;
  /** Null when it is a blob, or was deleted. */
  body: string | null;
  hasBlob: boolean;
}

interface ScanBatch extends Target {
  /** Everything up to here is in it or was looked through before. */
  seq: number;
  items: ScannedItem[];
}

/** Null when nothing is left. */
async function readBatch({ sql }: Database, sessionId: string): Promise<ScanBatch | null> {
  const [session] = await sql<{ generation: number; lastSeq: string; seq: string | null }[]>`
    select s.generation, s.last_seq as "lastSeq",
      case when c.rules_version = ${SECRET_RULES_VERSION} then c.seq end as seq
    from sessions s
    left join secret_scans c on c.session_id = s.id and c.generation = s.generation
    where s.id = ${sessionId} and s.deleted_at is null`;
  if (!session) return null;
  const after = Number(session.seq ?? 0);
  if (session.seq !== null && Number(session.lastSeq) <= after) return null;
  const { generation } = session;
  const rows = await sql<(Omit<ScannedItem, "seq"> & { seq: string })[]>`
    with next as (
      select seq, byte_size, sum(case when blob_id is null then byte_size else 0 end) over (order by seq) as total,
        row_number() over (order by seq) as place
      from (
        select seq, byte_size, blob_id from items
        where session_id = ${sessionId} and generation = ${generation} and seq > ${after}
        order by seq limit ${BATCH_ITEMS}
      ) changed
    )
    select i.type, i.message_id as "messageId", i.part_id as "partId", i.seq, i.body,
      i.blob_id is not null as "hasBlob"
    from next join items i on i.session_id = ${sessionId} and i.generation = ${generation} and i.seq = next.seq
    where next.place = 1 or next.total <= ${BATCH_BYTES}
    order by i.seq`;
  const items = rows.map((row) => ({ ...row, seq: Number(row.seq) }));
  // Superseded positions leave gaps at the end, too.
  const seq = items.at(-1)?.seq ?? Number(session.lastSeq);
  return { sessionId, generation, seq, items };
}

interface Finding {
  type: string;
  messageId: string;
  partId: string;
  fingerprint: string;
  rule: string;
  isDefinite: boolean;
  prefix: string;
  length: number;
  placeCount: number;
}

interface ItemScan {
  key: Buffer;
  target: Target;
  item: ScannedItem;
}

async function scanItem(
  services: BlobServices,
  { key, target, item }: ItemScan,
): Promise<Finding[]> {
  const { type, messageId, partId } = item;
  const found = new Map<string, Finding>();
  const collect: TextRewrite = {
    rewrite(text, name) {
      for (const { start, end, rule, isDefinite } of findSecrets(text, name)) {
        const secret = text.slice(start, end);
        const fingerprint = fingerprintOf(key, secret);
        const known = found.get(fingerprint);
        if (known) known.placeCount += 1;
        else if (found.size < FINDINGS_MAX || isDefinite) {
          found.set(fingerprint, {
            type,
            messageId,
            partId,
            fingerprint,
            rule,
            isDefinite,
            prefix: publicPrefix(rule, secret),
            length: secret.length,
            placeCount: 1,
          });
        }
      }
      return text;
    },
    findCut: findMaskCut,
  };
  if (item.body !== null) await rewriteInPieces(item.body, collect);
  else if (item.hasBlob) await scanBlob(services, { ...target, seq: item.seq }, collect);
  return [...found.values()];
}

/** Leaves the process to others between two pieces. */
async function rewriteInPieces(json: string, rewrite: TextRewrite): Promise<void> {
  const rewriter = new JsonRewriter(rewrite);
  for (let start = 0; start < json.length; start += PIECE_CHARACTERS) {
    rewriter.push(json.slice(start, start + PIECE_CHARACTERS));
    await yieldToOthers();
  }
  rewriter.end();
}

async function scanBlob(
  services: BlobServices,
  position: Target & { seq: number },
  collect: TextRewrite,
): Promise<void> {
  try {
    const { stream } = await openItemBody(services, position);
    for await (const _ of stream.compose(createJsonTransform(collect))) continue;
  } catch (error) {
    // It has changed meanwhile, and comes again at its new position.
    if (!isAppError(error) || error.code !== "not_found") throw error;
  }
}

const prefixedRules = new Set(definiteRules.map(({ name }) => name));

/** What all secrets of a kind begin with tells nothing of this one. */
const publicPrefix = (rule: string, secret: string): string =>
  prefixedRules.has(rule)
    ? (/^[a-z]{2,10}[-_](?:[a-z0-9]{2,6}[-_])?/.exec(secret)?.[0] ?? secret.slice(0, 4))
    : "";

async function storeFindings(
  tx: TransactionSql,
  { sessionId, generation, seq, items }: ScanBatch,
  findings: readonly Finding[],
): Promise<void> {
  // Against a delete at the same time, which removes what is found until then.
  const [alive] = await tx`
    select 1 from sessions where id = ${sessionId} and generation = ${generation} and deleted_at is null for share`;
  if (!alive) return;
  await tx`
    delete from secret_findings f
    using unnest(${items.map((i) => i.type)}::text[], ${items.map((i) => i.messageId)}::text[],
      ${items.map((i) => i.partId)}::text[]) as scanned(type, message_id, part_id)
    where f.session_id = ${sessionId} and f.generation = ${generation} and f.type = scanned.type
      and f.message_id = scanned.message_id and f.part_id = scanned.part_id`;
  const json = JSON.stringify(findings);
  await tx`
    insert into secret_findings (session_id, generation, type, message_id, part_id, fingerprint, rule, is_definite,
      prefix, length, place_count)
    select ${sessionId}, ${generation}, f.* from jsonb_to_recordset(${json}::text::jsonb) as f(
      "type" text, "messageId" text, "partId" text, "fingerprint" text, "rule" text, "isDefinite" boolean,
      "prefix" text, "length" int, "placeCount" int)
    on conflict do nothing`;
  await tx`
    insert into secret_scans (session_id, generation, seq, rules_version)
    values (${sessionId}, ${generation}, ${seq}, ${SECRET_RULES_VERSION})
    on conflict (session_id, generation) do update
    set seq = case when secret_scans.rules_version = excluded.rules_version
        then greatest(secret_scans.seq, excluded.seq) else excluded.seq end,
      rules_version = excluded.rules_version, updated_at = now()`;
}
