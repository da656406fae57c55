import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { findViewer } from "#server/accounts/viewer.ts";
import { appRouter } from "#server/routers/app-router.ts";
import { getServices } from "#server/services.ts";

export const POST = (request: Request) =>
  fetchRequestHandler({
    endpoint: "/api/trpc",
    req: request,
    router: appRouter,
    createContext: async () => {
      const services = getServices();
      const viewer = await findViewer(services, request.headers.get("cookie") ?? undefined);
      return { services, viewer, callerGone: () => request.signal };
    },
  });
