import { z } from "zod";
import { requireSession, requireTeamAction } from "#server/accounts/policy.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import { listRecentRepositories } from "#server/sessions/list-sessions.ts";
import { listNotices } from "#server/sandboxes/list-notices.ts";
import { listWorkerSandboxes } from "#server/sandboxes/worker-sandboxes.ts";
import { readResources } from "#server/sessions/read-resources.ts";
import { procedure, router } from "./trpc.ts";

const RECENT_REPOSITORIES_MAX = 20;

const requireReader = (viewer: Viewer) =>
  requireTeamAction(viewer, { teamId: viewer.teamId, action: "read" });

export const machineRouter = router({
  /** What this server can run and what a person should know of it. */
  status: procedure.query(async ({ ctx }) => {
    requireReader(ctx.viewer);
    const { agents, database, environment, hostId } = ctx.services;
    const workers = await listWorkerSandboxes(database);
    return {
      agents: await agents.listStatuses(),
      defaultAgentId: environment.DEFAULT_AGENT,
      allowsLocalPaths: environment.AUTH_MODE === "local",
      notices: await listNotices({ ...environment, hostId, workers }),
    };
  }),

  /** What people call the agents of this server, by id; costs nothing, unlike `status`. */
  agentLabels: procedure.query(({ ctx }) => {
    requireReader(ctx.viewer);
    return ctx.services.agents.labels;
  }),

  /** What a session uses of its machine now; for pages that show it, as long as they do. */
  resources: procedure
    .input(z.object({ sessionId: z.string() }))
    .query(async ({ ctx: { services, viewer }, input }) => {
      const session = await requireSession(services.database, viewer, {
        sessionId: input.sessionId,
        action: "read",
      });
      return readResources(services, session);
    }),

  /** Used last, newest first. */
  repositories: procedure
    .input(z.object({ query: z.string().max(200).optional() }).optional())
    .query(async ({ ctx, input }) => {
      const { database } = ctx.services;
      const recent = await listRecentRepositories(database, ctx.viewer, RECENT_REPOSITORIES_MAX);
      const query = input?.query?.toLowerCase() ?? "";
      return recent.filter((repository) => repository.toLowerCase().includes(query));
    }),
});
