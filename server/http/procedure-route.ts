import type { IncomingMessage, ServerResponse } from "node:http";
import { callTRPCProcedure, getTRPCErrorShape, TRPCError } from "@trpc/server";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import { AppError } from "#lib/errors.ts";
import { appRouter } from "#server/routers/app-router.ts";
import { type RequestContext, toTrpcError } from "#server/routers/trpc.ts";
import { sendJson } from "./api-exchange.ts";
import { readBody } from "./read-body.ts";

const BODY_MAX_BYTES = 2 * 1024 * 1024;

/** How a request names the kind of procedure that it calls; nothing else is answered. */
const typesByMethod = new Map([
  ["GET", "query"],
  ["POST", "mutation"],
] as const) as ReadonlyMap<string | undefined, "query" | "mutation">;

interface ProcedureCall {
  /** `session.start` */
  path: string;
  createContext(): Promise<RequestContext>;
}

/**
 * Answers one procedure call in the form of tRPC's `httpLink`: a query's input is JSON in `?input=`, a mutation's the
 * body. No batches and no streams; the library's own adapter, which has them, takes twice as long for a call, see
 * docs/decisions/0009.
 */
export async function answerProcedure(
  request: IncomingMessage,
  response: ServerResponse,
  { path, createContext }: ProcedureCall,
): Promise<void> {
  const type = typesByMethod.get(request.method);
  let ctx: RequestContext | undefined;
  let input: unknown;
  try {
    if (!type) throw unsupported("METHOD_NOT_SUPPORTED", "Procedures are called by GET or POST");
    input = type === "query" ? readQueryInput(request) : await readMutationInput(request);
    ctx = await createContext();
    const getRawInput = () => Promise.resolve(input);
    const call = { router: appRouter, path, type, ctx, getRawInput, batchIndex: 0 };
    const data: unknown = await callTRPCProcedure({ ...call, signal: undefined });
    sendJson(response, 200, { result: { data } });
  } catch (cause) {
    const error = toTrpcError(cause);
    // oxlint-disable-next-line no-underscore-dangle -- the library has no other way to a router's configuration
    const config = appRouter._def._config;
    const shape = getTRPCErrorShape({ config, error, ctx, path, input, type: type ?? "unknown" });
    sendJson(response, getHTTPStatusCodeFromError(error), { error: shape });
  }
}

const unsupported = (code: TRPCError["code"], message: string) => new TRPCError({ code, message });

function readQueryInput({ url = "" }: IncomingMessage): unknown {
  return parseInput(new URL(url, "http://localhost").searchParams.get("input") ?? "");
}

async function readMutationInput(request: IncomingMessage): Promise<unknown> {
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? "")) {
    const message = "The input of a procedure is application/json";
    throw unsupported("UNSUPPORTED_MEDIA_TYPE", message);
  }
  return parseInput((await readBody(request, BODY_MAX_BYTES)).toString("utf8"));
}

/** Nothing at all is the input of a procedure that takes none. */
function parseInput(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError("invalid_input", "The input is not JSON", { cause });
  }
}
