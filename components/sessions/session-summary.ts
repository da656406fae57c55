import type { AppRouter } from "#server/routers/app-router.ts";
import type { inferRouterOutputs } from "@trpc/server";

type Outputs = inferRouterOutputs<AppRouter>;

export type SessionPage = Outputs["session"]["list"];
export type SessionSummary = SessionPage["sessions"][number];
export type MachineStatus = Outputs["machine"]["status"];

/** Something was written to it that the viewer has not read. */
export const isUnread = ({ lastSeq, readSeq }: SessionSummary) => lastSeq > readSeq;
