import type { Services } from "#server/services.ts";
import { readKeyRing } from "./read-key-ring.ts";
import { environmentPlace, seal, type Sealed, unseal } from "./seal.ts";

type Needs = Pick<Services, "database" | "environment">;

/** As a session's row holds its variables. */
export interface StoredEnvironment {
  /** Of sessions that began before variables were sealed. */
  environment: Record<string, string>;
  sealedEnvironment: Uint8Array | null;
  environmentKeyId: string | null;
}

/** Null for no variables. */
export async function sealEnvironment(
  services: Needs,
  sessionId: string,
  variables: Record<string, string>,
): Promise<Sealed | null> {
  if (Object.keys(variables).length === 0) return null;
  const ring = await readKeyRing(services);
  return seal(ring, JSON.stringify(variables), environmentPlace(sessionId));
}

/** The variables that a session was started with; throws as `unseal` does. */
export async function openEnvironment(
  services: Needs,
  sessionId: string,
  { environment, sealedEnvironment: sealed, environmentKeyId: keyId }: StoredEnvironment,
): Promise<Record<string, string>> {
  if (sealed === null || keyId === null) return environment;
  const ring = await readKeyRing(services);
  const text = unseal(ring, { keyId, sealed }, environmentPlace(sessionId));
  return JSON.parse(text) as Record<string, string>;
}
