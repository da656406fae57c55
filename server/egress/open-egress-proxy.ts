import { lookup, type LookupAddress, type LookupOptions } from "node:dns";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { Agent } from "node:http";
import { createServer } from "node:net";
import { type PrepareRequestFunctionOpts, RequestError, Server } from "proxy-chain";
import { isPublicAddress } from "#lib/public-address.ts";
import { SANDBOX_HOST } from "#lib/sandbox-host.ts";
import { decideEgress, type EgressPolicy, type EgressTarget } from "./egress-policy.ts";

/** Of one session at one time; each takes two descriptors of the server. */
const MAX_CONNECTIONS = 256;

export interface EgressProxy {
  /** Ends open connections too. Safe to call twice. */
  close(): Promise<void>;
}

interface EgressProxyOptions {
  /** Where it listens: a unix socket, at most 107 bytes, in a folder that only the session's processes see. */
  socketPath: string;
  policy: EgressPolicy;
  /** Told of what was refused: `host:port`. */
  onRefused: (target: string) => void;
  /** `dns.lookup` unless given. */
  resolve?: typeof lookup;
}

/**
 * An HTTP proxy (RFC 9110 section 7.6: absolute-form requests and CONNECT) for the processes of one session. A name is
 * looked up once, its addresses are checked, and the connection goes to one of these: a name that leads elsewhere the
 * second time gains nothing.
 */
export async function openEgressProxy(options: EgressProxyOptions): Promise<EgressProxy> {
  const { socketPath, policy, onRefused, resolve = lookup } = options;
  // No connection is kept: it would carry the next request past the check of where it leads.
  const httpAgent = new Agent({ keepAlive: false });
  const server = new Server({
    authRealm: "Millrace",
    prepareRequestFunction(asked) {
      const target = readTarget(asked);
      const decision = target && decideEgress(policy, target);
      if (target && decision !== null) {
        const find = decision === "private" ? withOurHost(resolve) : publicOnly(resolve);
        return { httpAgent, dnsLookup: find };
      }
      const name = `${asked.hostname}:${asked.port}`;
      onRefused(name);
      throw new RequestError(`This session may not connect to ${name}\n`, 403);
    },
  });
  const listener = createServer({ allowHalfOpen: true }, (socket) => {
    // The library takes a socket without an address for one that is gone already; those of unix sockets have none.
    Object.defineProperty(socket, "remoteAddress", { value: socketPath });
    server.server.emit("connection", socket);
  });
  listener.maxConnections = MAX_CONNECTIONS;
  await rm(socketPath, { force: true });
  // Whoever sees its folder may use it: the processes that do are not always our own user.
  await once(listener.listen({ path: socketPath, writableAll: true }), "listening");
  return {
    async close() {
      if (!listener.listening) return;
      const closed = once(listener, "close");
      listener.close();
      server.closeConnections();
      httpAgent.destroy();
      await closed;
    },
  };
}

/** Null for an address that is none. */
function readTarget({ hostname, port, isHttp, request }: PrepareRequestFunctionOpts) {
  const text = isHttp ? (request.url ?? "") : `http://${hostname}:${port}`;
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const target: EgressTarget = { hostname: url.hostname, port, url: isHttp ? url : null };
  return target;
}

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/** A `dns.lookup` that knows this machine by the name that isolated processes have for it. */
function withOurHost(resolve: typeof lookup): typeof lookup {
  const find = (hostname: string, options: LookupOptions, callback: LookupCallback) =>
    resolve(hostname === SANDBOX_HOST ? "127.0.0.1" : hostname, options, callback);
  return find as typeof lookup;
}

/** A `dns.lookup` that fails when any address of the name is not public. */
function publicOnly(resolve: typeof lookup): typeof lookup {
  const checked = (hostname: string, options: LookupOptions, callback: LookupCallback) =>
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const [first] = addresses;
      if (!first || !addresses.every(({ address }) => isPublicAddress(address))) {
        const reason = new Error(`${hostname} leads to a private address`);
        return callback(Object.assign(reason, { code: "EACCES" }), []);
      }
      if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  return checked as typeof lookup;
}
