import type { Fragment, Sql } from "#server/database/database.ts";

/** What the agent asked and waits for, as JSON in the shape of `AgentRequest`; of the row of `sessions`. */
export const pendingRequests = (sql: Sql): Fragment => sql`(
  select coalesce(json_agg(json_build_object(
    'requestId', asked.id, 'kind', asked.kind, 'toolKind', asked.tool_kind, 'title', asked.title,
    'summary', asked.summary, 'options', asked.options, 'fields', asked.fields,
    'canAllowAlways', asked.rule_key is not null,
    'createdAt', to_char(asked.created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
  ) order by asked.id), '[]')
  from permission_requests asked
  where asked.session_id = sessions.id and asked.generation = sessions.generation
    and asked.state = 'pending'
)`;
