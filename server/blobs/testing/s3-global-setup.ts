import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";
import { hasSwift, startSwift, type S3Server } from "./start-swift.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Answers with the access to an S3 server, which it starts when first asked; null when there is none to start. */
    testS3Url: string | null;
  }
}

/** How tests reach the S3 server of their run. */
export type S3Access = Pick<S3Server, "endpoint" | "accessKeyId" | "secretAccessKey">;

interface Starter {
  url: string;
  stop(): Promise<void>;
}

/** Projects that run together share one server, and each has its own copy of this module: the process keeps count. */
const shared = globalThis as typeof globalThis & {
  millraceTestS3?: { users: number; starter: Promise<Starter> | null };
};

/**
 * Gives the test projects one S3 server for the whole run: the one that `TEST_S3_URL` names
 * (`http://key:secret@host:port`), else Debian's Swift, started when the first test asks for it.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const entry = (shared.millraceTestS3 ??= { users: 0, starter: openStarter() });
  entry.users += 1;
  const starter = await entry.starter;
  project.provide("testS3Url", starter?.url ?? null);

  return async () => {
    entry.users -= 1;
    if (entry.users > 0) return;
    delete shared.millraceTestS3;
    await starter?.stop();
  };
}

function openStarter(): Promise<Starter> | null {
  const external = process.env["TEST_S3_URL"];
  if (external) return listen(async () => readExternal(external));
  if (hasSwift()) return listen(startSwift);
  console.warn(
    "SKIPPED: the tests of the s3 driver. They need TEST_S3_URL=http://key:secret@host:port, or on Debian: " +
      "apt-get install --no-install-recommends swift-proxy swift-account swift-container swift-object memcached",
  );
  return null;
}

function readExternal(url: string): S3Server {
  const { origin, username, password } = new URL(url);
  const [accessKeyId, secretAccessKey] = [username, password].map(decodeURIComponent);
  return {
    endpoint: origin,
    accessKeyId: accessKeyId ?? "",
    secretAccessKey: secretAccessKey ?? "",
    stop: async () => {},
  };
}

async function listen(start: () => Promise<S3Server>): Promise<Starter> {
  let starting: Promise<S3Server> | null = null;
  const server = createServer((_, response) => {
    starting ??= start();
    starting.then(
      ({ endpoint, accessKeyId, secretAccessKey }) =>
        response.end(JSON.stringify({ endpoint, accessKeyId, secretAccessKey })),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const stop = async () => {
    server.closeAllConnections();
    server.close();
    const started = await starting?.catch(() => null);
    await started?.stop();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}
