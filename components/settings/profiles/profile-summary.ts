import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "#server/routers/app-router.ts";

export type ProfileSummary = inferRouterOutputs<AppRouter>["profile"]["list"][number];
export type ProfileInput = inferRouterInputs<AppRouter>["profile"]["create"];
