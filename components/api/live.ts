import { createLiveClient, type LiveClient } from "#components/live/live-client.ts";

let client: LiveClient | null = null;

/** The page's one connection for everything live, made when it is first asked for. In the browser only. */
export function getLiveClient(): LiveClient {
  client ??= createLiveClient({ url: `${location.origin.replace(/^http/, "ws")}/api/v1/live` });
  return client;
}
