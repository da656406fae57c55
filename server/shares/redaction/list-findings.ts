import type { Database } from "#server/database/database.ts";
import { labelOfRule } from "./mask-secrets.ts";
import { SECRET_RULES_VERSION } from "./secret-rules.ts";

const LISTED_MAX = 100;

/** A secret of a session, wherever it stands in it. */
export interface SecretFinding {
  fingerprint: string;
  /** "GitHub token". */
  label: string;
  isDefinite: boolean;
  /** `ghp_•••••••• (40 characters)`, without anything of it that is secret. */
  preview: string;
  /** Times that it stands in the session. */
  placeCount: number;
  /** Where it stands first, for a link. */
  messageId: string;
  partId: string;
}

export interface SecretFindings {
  /** Definite ones first; bounded. */
  findings: SecretFinding[];
  definiteCount: number;
  possibleCount: number;
  /** Everything was looked through; otherwise more may come. */
  isComplete: boolean;
}

/** The secrets that were found in a session so far. */
export async function listFindings(
  { sql }: Database,
  { sessionId, generation }: { sessionId: string; generation: number },
): Promise<SecretFindings> {
  const [scan] = await sql<{ isComplete: boolean }[]>`
    select coalesce(c.seq >= s.last_seq and c.rules_version = ${SECRET_RULES_VERSION}, s.last_seq = 0) as "isComplete"
    from sessions s left join secret_scans c on c.session_id = s.id and c.generation = s.generation
    where s.id = ${sessionId} and s.generation = ${generation}`;
  const rows = await sql<FindingRow[]>`
    select fingerprint, min(rule) as rule, bool_or(is_definite) as "isDefinite", min(prefix) as prefix,
      min(length) as length, sum(place_count)::int as "placeCount", min(message_id) as "messageId",
      (array_agg(part_id order by message_id, part_id))[1] as "partId",
      (sum((bool_or(is_definite))::int) over ())::int as "definiteCount", (count(*) over ())::int as "allCount"
    from secret_findings
    where session_id = ${sessionId} and generation = ${generation} and type in ('message', 'part')
    group by fingerprint
    order by bool_or(is_definite) desc, min(message_id), fingerprint limit ${LISTED_MAX}`;
  const { definiteCount = 0, allCount = 0 } = rows[0] ?? {};
  return {
    findings: rows.map(toFinding),
    definiteCount,
    possibleCount: allCount - definiteCount,
    isComplete: scan?.isComplete ?? false,
  };
}

interface FindingRow extends Omit<SecretFinding, "label" | "preview"> {
  rule: string;
  prefix: string;
  length: number;
  definiteCount: number;
  allCount: number;
}

const toFinding = ({ rule, prefix, length, ...row }: FindingRow): SecretFinding => ({
  fingerprint: row.fingerprint,
  label: labelOfRule(rule),
  isDefinite: row.isDefinite,
  preview: `${prefix}•••••••• (${length} characters)`,
  placeCount: row.placeCount,
  messageId: row.messageId,
  partId: row.partId,
});
