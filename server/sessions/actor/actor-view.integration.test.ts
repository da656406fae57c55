import { expect, test } from "vitest";
import { parseSecretKeys } from "#server/secrets/parse-secret-keys.ts";
import { resealSecrets } from "#server/secrets/reseal-secrets.ts";
import { updateSession } from "../manage-session.ts";
import { useTestServer } from "../testing/use-test-server.ts";
import { planKey, readActorView } from "./actor-view.ts";

const context = useTestServer();

async function readView(sessionId: string) {
  const { database } = context.server.services;
  return (await readActorView(database, { sessionId, generation: 1 }))!;
}

test("variables under another key are the same plan, other variables are another (#7)", async () => {
  const { server, repository } = context;
  const { services } = server;
  const sessionId = await server.start({
    repository,
    environment: { A: "b" },
    autoInitiate: false,
  });
  const before = await readView(sessionId);

  const key = Buffer.alloc(32, 7).toString("base64");
  const SECRETS_KEYS = parseSecretKeys(`new:${key}`);
  const environment = { ...services.environment, SECRETS_KEYS };
  expect(await resealSecrets({ ...services, environment })).toBeGreaterThan(0);
  const resealed = await readView(sessionId);
  expect(resealed.stored.environmentKeyId).toBe("new");
  expect(planKey(resealed)).toBe(planKey(before));

  const update = { sessionId, environment: { A: "c" } };
  await updateSession({ ...services, environment }, await context.access(sessionId), update);
  expect(planKey(await readView(sessionId))).not.toBe(planKey(before));
});
