import "server-only";
import { cookies } from "next/headers";
import { cache } from "react";
import { findViewer } from "#server/accounts/viewer.ts";
import { getServices } from "#server/services.ts";
import { createCaller } from "./app-router.ts";

/** The API for a page that is being rendered, as whoever asked for it; null for nobody. */
export const getPageCaller = cache(async () => {
  const services = getServices();
  const viewer = await findViewer(services, (await cookies()).toString());
  if (!viewer) return null;
  return createCaller({ services, viewer, callerGone: () => new AbortController().signal });
});
