import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "#server/routers/app-router.ts";

export type GitCredentialSummary = inferRouterOutputs<AppRouter>["gitCredential"]["list"][number];
