import {
  startTestServer,
  type TestServer,
  type TestServerOptions,
} from "#server/sessions/testing/test-server.ts";
import { type ServedServices, serveServices } from "./serve-services.ts";

export interface TestWeb extends ServedServices {
  server: TestServer;
}

/** A whole server with its port open. */
export async function startTestWeb(options: TestServerOptions = {}): Promise<TestWeb> {
  const server = await startTestServer(options);
  const served = await serveServices(server.services);
  return {
    ...served,
    server,
    async close() {
      await served.close();
      await server.close();
    },
  };
}
