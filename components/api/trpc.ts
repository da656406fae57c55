import { createTRPCContext } from "@trpc/tanstack-react-query";
import type { AppRouter } from "#server/routers/app-router.ts";

/** The server's procedures as options for react-query: `useQuery(useTRPC().session.list.queryOptions(…))`. */
export const { TRPCProvider, useTRPC, useTRPCClient } = createTRPCContext<AppRouter>();
