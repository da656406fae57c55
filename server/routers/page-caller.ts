import "server-only";
import { cookies } from "next/headers";
import { cache } from "react";
import { UNAVAILABLE_DIGEST } from "#lib/error-digest.ts";
import { findViewer } from "#server/accounts/viewer.ts";
import { toSafeError } from "#server/database/to-safe-error.ts";
import { getServices } from "#server/services.ts";
import { createCaller } from "./app-router.ts";

/** The API for a page that is being rendered, as whoever asked for it; null for nobody. */
export const getPageCaller = cache(async () => {
  const services = getServices();
  const header = (await cookies()).toString();
  const viewer = await findViewer(services, header).catch((error: unknown) => {
    nameCause(error, error);
    throw error;
  });
  if (!viewer) return null;
  return createCaller(
    { services, viewer, callerGone: () => new AbortController().signal },
    { onError: ({ error }) => nameCause(error, error.cause) },
  );
});

/** So that the page which is shown instead can say that the database is away. */
function nameCause(error: unknown, cause: unknown): void {
  if (error instanceof Error && toSafeError(cause).code === "unavailable")
    Object.assign(error, { digest: UNAVAILABLE_DIGEST });
}
