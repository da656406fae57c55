import { AppError } from "#lib/errors.ts";
import { isAddress, isPublicAddress } from "#lib/public-address.ts";
import { isAllowedHost } from "#lib/repository.ts";
import type { Services } from "#server/services.ts";
import { requireAgent } from "#server/sessions/check-plan.ts";
import type { NewBatch } from "./create-batch.ts";
import { checkDefaults } from "./line-rules.ts";

/** Throws `invalid_input` for what every line would fail by, and for a webhook that could never be told. */
export function checkNewBatch(
  { environment, agents }: Pick<Services, "environment" | "agents">,
  { kind, defaults, webhook }: NewBatch,
): void {
  checkDefaults(kind, defaults);
  const { agent } = defaults;
  if (typeof agent === "string") requireAgent({ agents }, agent, "defaults.agent");
  if (!webhook) return;
  const url = new URL(webhook.url);
  const isPrivate = isAddress(url.hostname) && !isPublicAddress(url.hostname);
  if (isPrivate && !isAllowedHost(url, environment.ALLOWED_PRIVATE_HOSTS))
    throw new AppError(
      "invalid_input",
      "The address is private, and not in ALLOWED_PRIVATE_HOSTS",
      { details: { field: "webhook.url" } },
    );
}
