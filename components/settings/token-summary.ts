import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "#server/routers/app-router.ts";

export type TokenSummary = inferRouterOutputs<AppRouter>["token"]["list"][number];
