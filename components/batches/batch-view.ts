import type { inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "#server/routers/app-router.ts";

type BatchOutputs = inferRouterOutputs<AppRouter>["batch"];

export type BatchPage = BatchOutputs["list"];
export type FirstBatchView = BatchOutputs["get"];
export type BatchItemsPage = BatchOutputs["items"];
export type BatchItemView = BatchItemsPage["items"][number];
