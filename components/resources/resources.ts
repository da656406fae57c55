import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "#server/routers/app-router.ts";

/** What a session uses of its machine, as the server tells it. */
export type Resources = inferRouterOutputs<AppRouter>["machine"]["resources"];
