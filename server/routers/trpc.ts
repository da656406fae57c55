import { initTRPC, TRPCError } from "@trpc/server";
import { ZodError } from "zod";
import { type AppError, type ErrorCode, isAppError } from "#lib/errors.ts";
import { requirePerson } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import { toSafeError } from "#server/database/to-safe-error.ts";
import type { Services } from "#server/services.ts";

export interface RequestContext {
  services: Services;
  /** Null for nobody; every `procedure` refuses that. */
  viewer: Viewer | null;
  /** A signal that aborts when the caller is gone; made when asked for, because few procedures wait. */
  callerGone(): AbortSignal;
}

const trpcCodes = {
  invalid_input: "BAD_REQUEST",
  unauthorized: "UNAUTHORIZED",
  forbidden: "FORBIDDEN",
  not_found: "NOT_FOUND",
  conflict: "CONFLICT",
  gone: "NOT_FOUND",
  too_large: "PAYLOAD_TOO_LARGE",
  rate_limited: "TOO_MANY_REQUESTS",
  unavailable: "SERVICE_UNAVAILABLE",
  internal: "INTERNAL_SERVER_ERROR",
} as const satisfies Record<ErrorCode, TRPCError["code"]>;

const trpc = initTRPC.context<RequestContext>().create({
  /** What clients get: a safe message, our code, and ids and numbers only. Stacks never leave the server. */
  errorFormatter({ shape, error }) {
    const { code, message, details } = describe(error);
    const { httpStatus } = shape.data;
    return {
      ...shape,
      message,
      data: { code: shape.data.code, httpStatus, appCode: code, details },
    };
  },
});

function describe(error: TRPCError): Pick<AppError, "code" | "message" | "details"> {
  if (isAppError(error.cause)) return error.cause;
  if (error.cause instanceof ZodError) {
    const [issue] = error.cause.issues;
    // Of a key that is refused, what is wrong with it stands one level below.
    const reason = issue?.code === "invalid_key" ? issue.issues[0] : issue;
    return {
      code: "invalid_input",
      message: reason?.message ?? "The request is malformed",
      details: { field: issue?.path.join(".") ?? "" },
    };
  }
  if (error.code === "INTERNAL_SERVER_ERROR") return toSafeError(error.cause);
  const known = Object.entries(trpcCodes).find(([, code]) => code === error.code)?.[0];
  return {
    code: (known as ErrorCode | undefined) ?? "invalid_input",
    message: error.message,
    details: {},
  };
}

export const { router, createCallerFactory } = trpc;

/** What is not tRPC's own becomes a safe error of ours with the status of its code. */
export function toTrpcError(cause: unknown): TRPCError {
  if (cause instanceof TRPCError) return cause;
  const error = toSafeError(cause);
  return new TRPCError({ code: trpcCodes[error.code], message: error.message, cause: error });
}

/**
 * A procedure for a person who is signed in; programs have `/api/v1`. Authorisation itself is the handler's:
 * `requireSession` and the like.
 */
export const procedure = trpc.procedure
  .use(async ({ ctx, next, path }) => {
    const result = await next();
    if (result.ok) return result;
    const isUnnamed = result.error.code === "INTERNAL_SERVER_ERROR";
    const cause = isUnnamed ? toSafeError(result.error.cause) : result.error.cause;
    if (isAppError(cause) && cause.code !== "internal") {
      throw new TRPCError({ code: trpcCodes[cause.code], message: cause.message, cause });
    }
    if (isUnnamed) {
      ctx.services.log.error({ err: result.error.cause ?? result.error, path }, "procedure failed");
    }
    return result;
  })
  .use(({ ctx, next }) => {
    if (!ctx.viewer) throw new TRPCError({ code: "UNAUTHORIZED", message: "Sign in first" });
    requirePerson(ctx.viewer);
    return next({ ctx: { ...ctx, viewer: ctx.viewer } });
  });
