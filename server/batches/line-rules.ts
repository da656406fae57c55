import { z } from "zod";
import type { BatchKind } from "#lib/batch.ts";
import { describeIssue } from "#lib/describe-issue.ts";
import { AppError } from "#lib/errors.ts";
import { isUploadId } from "#lib/ids.ts";
import { isRecord } from "#lib/is-record.ts";
import { BATCH_LINES_MAX } from "#lib/limits.ts";
import type { Services } from "#server/services.ts";
import { type BroughtSession, broughtSession } from "#server/sessions/create-session.ts";
import { checkPlan } from "#server/sessions/check-plan.ts";
import { type NewSession, newSession } from "#server/sessions/new-session.ts";
import type { LineRules } from "./read-batch-line.ts";
import type { BatchAccess } from "./read-batches.ts";
import { requireSession } from "./require-session.ts";

type Line = Readonly<Record<string, unknown>>;

/** What the lines of a batch must be, for a request whose lines count from `firstIndex` on. */
export function createLineRules(
  services: Pick<Services, "environment" | "agents">,
  { kind, defaults, expectedCount }: Pick<BatchAccess, "kind" | "defaults" | "expectedCount">,
  firstIndex: number,
): LineRules {
  return {
    firstIndex,
    indexEnd: expectedCount ?? BATCH_LINES_MAX,
    checkLine(line) {
      if (kind === "import") return { uploadId: checkImport(defaults, line) };
      checkPlan(services, parseStart(defaults, line));
      return { uploadId: null };
    },
  };
}

const startLine = newSession
  .omit({ messageId: true, mode: true })
  .extend({ index: z.number().optional() });

/** The start that a line asks for; throws `invalid_input` with the field. */
export function parseStart(defaults: Line, line: Line): NewSession {
  const { index: _index, ...start } = parse(startLine, { ...defaults, ...line });
  return { ...start, mode: "async" };
}

const uploadLine = z.strictObject({
  index: z.number().optional(),
  upload: z.string().refine(isUploadId, "This is not an upload id"),
});

/** The upload that a line names; null for one that holds its session itself. */
function checkImport(defaults: Line, line: Line): string | null {
  if ("upload" in line) return parse(uploadLine, line).upload;
  parseBrought(defaults, line);
  requireSession(line);
  return null;
}

/** What a line says of the session that it holds; null when it says nothing. Throws `invalid_input` with the field. */
export function parseBrought(defaults: Line, { session }: Line): BroughtSession | null {
  const known = defaults["session"];
  if (session === undefined && known === undefined) return null;
  const isReadable = session == null || isRecord(session);
  const both = isReadable ? { ...(known as object | undefined), ...session } : session;
  return parse(sessionMember, { session: both }).session;
}

const sessionMember = z.object({ session: broughtSession });

/** Throws `invalid_input` for members that no line may have, or not with these values. */
export function checkDefaults(kind: BatchKind, defaults: Line): void {
  parse(z.object({ defaults: kind === "start" ? startDefaults : importDefaults }), { defaults });
}

const startDefaults = newSession.omit({ messageId: true, mode: true }).partial();
const importDefaults = sessionMember.partial().strict();

function parse<Value>(schema: z.ZodType<Value>, line: unknown): Value {
  const result = schema.safeParse(line, { error: describeIssue });
  if (result.success) return result.data;
  const { issues } = result.error;
  // What a line misses may stand under another name in it.
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  const field = issue?.path.join(".") ?? "";
  throw new AppError("invalid_input", issue?.message ?? "The line is malformed", {
    details: { field },
  });
}
