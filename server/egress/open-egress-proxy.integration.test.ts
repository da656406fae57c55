import type { lookup } from "node:dns";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, request, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type EgressProxy, openEgressProxy } from "./open-egress-proxy.ts";

let folder: string;
let socketPath: string;
let target: Server;
let port: number;
let visits: string[];
let refused: string[];
let proxy: EgressProxy;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-egress-"));
  socketPath = join(folder, "proxy.sock");
  [visits, refused] = [[], []];
  target = createServer((incoming, answer) => {
    visits.push(incoming.url ?? "");
    answer.end(`reached ${incoming.url}`);
  }).listen(0, "127.0.0.1");
  await once(target, "listening");
  port = (target.address() as AddressInfo).port;
});

afterEach(async () => {
  await proxy.close();
  target.closeAllConnections();
  target.close();
  await rm(folder, { recursive: true, force: true });
});

/** Names of the tests; each asking answers the next list, the last one again and again. */
function answering(names: Record<string, string[][]>): typeof lookup {
  const resolve = (hostname: string, _: unknown, callback: (...args: unknown[]) => void) => {
    const answers = names[hostname];
    const addresses = answers && answers.length > 1 ? answers.shift() : answers?.[0];
    if (!addresses) return callback(Object.assign(new Error("none"), { code: "ENOTFOUND" }));
    const family = (address: string) => (address.includes(":") ? 6 : 4);
    callback(
      null,
      addresses.map((address) => ({ address, family: family(address) })),
    );
  };
  return resolve as unknown as typeof lookup;
}

async function open(
  allowed: { hosts?: string[]; privateHosts?: string[]; ownRoutes?: string[] },
  names = {},
) {
  proxy = await openEgressProxy({
    socketPath,
    policy: {
      allowedHosts: allowed.hosts ?? [],
      allowedPrivateHosts: allowed.privateHosts ?? [],
      ownRoutes: allowed.ownRoutes ?? [],
    },
    onRefused: (name) => refused.push(name),
    resolve: answering(names),
  });
}

/** A plain request for an address, as `http_proxy` makes clients send it. */
async function get(address: string) {
  const asked = request({ socketPath, path: address, headers: { host: new URL(address).host } });
  asked.end();
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  return { status: answer.statusCode, text: await text(answer) };
}

/** A tunnel; null when it is refused. */
async function tunnel(authority: string): Promise<Socket | null> {
  const asked = request({ socketPath, method: "CONNECT", path: authority });
  asked.end();
  const [answer, socket] = (await once(asked, "connect")) as [IncomingMessage, Socket];
  if (answer.statusCode === 200) return socket;
  socket.destroy();
  return null;
}

test("an allowed place is reached by a plain request and through a tunnel", async () => {
  await open({ privateHosts: [`127.0.0.1:${port}`] });
  expect(await get(`http://127.0.0.1:${port}/plain`)).toEqual({
    status: 200,
    text: "reached /plain",
  });
  const socket = await tunnel(`127.0.0.1:${port}`);
  socket?.end("GET /tunnel HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
  expect(await text(socket!)).toContain("reached /tunnel");
});

test("what is not allowed is refused by name and never asked", async () => {
  await open({ hosts: ["good.test"] });
  expect(await get(`http://127.0.0.1:${port}/`)).toEqual({
    status: 403,
    text: `This session may not connect to 127.0.0.1:${port}\n`,
  });
  expect(await tunnel(`127.0.0.1:${port}`)).toBeNull();
  expect(await tunnel("evil.test:443")).toBeNull();
  expect([visits, refused]).toEqual([
    [],
    [`127.0.0.1:${port}`, `127.0.0.1:${port}`, "evil.test:443"],
  ]);
});

test.each([
  "127.0.0.1",
  "[::1]",
  "0.0.0.0",
  "[::]",
  "localhost",
  "2130706433",
  "0x7f.1",
  "127.1",
  "[::ffff:127.0.0.1]",
  "good.test@127.0.0.1",
  "host.millrace.internal",
])("%s is this machine, and refused however it is asked for", async (host) => {
  await open({ hosts: ["good.test", `good.test:${port}`] });
  expect(await tunnel(`${host}:${port}`).catch(() => null)).toBeNull();
  const asked = request({ socketPath, path: `http://${host}:${port}/` });
  asked.setHeader("host", "good.test").end();
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  answer.resume();
  expect(answer.statusCode).toBeGreaterThanOrEqual(400);
  expect(visits).toEqual([]);
});

test.each([
  ["loopback", ["127.0.0.1"]],
  ["loopback in version 6", ["::1"]],
  ["any address", ["0.0.0.0"]],
  ["cloud metadata", ["169.254.169.254"]],
  ["loopback in IPv6 clothes", ["::ffff:127.0.0.1"]],
  ["one private address among public ones", ["93.184.216.34", "127.0.0.1"]],
])("an allowed name that leads to %s reaches nothing", async (_, addresses) => {
  await open({ hosts: [`good.test:${port}`] }, { "good.test": [addresses] });
  expect((await get(`http://good.test:${port}/`)).status).toBeGreaterThanOrEqual(500);
  const socket = await tunnel(`good.test:${port}`).catch(() => null);
  expect([socket, visits]).toEqual([null, []]);
});

test("a name is asked once per connection, so a second answer changes nothing", async () => {
  const names = { "good.test": [["93.184.216.34"], ["127.0.0.1"]] };
  let askedCount = 0;
  const resolve = answering(names);
  proxy = await openEgressProxy({
    socketPath,
    policy: { allowedHosts: [`good.test:${port}`], allowedPrivateHosts: [], ownRoutes: [] },
    onRefused: () => {},
    resolve: ((...args: Parameters<typeof lookup>) => {
      askedCount += 1;
      return resolve(...args);
    }) as typeof lookup,
  });
  const asked = request({ socketPath, method: "CONNECT", path: `good.test:${port}` });
  asked.on("error", () => {});
  asked.end();
  await expect.poll(() => askedCount).toBe(1);
  await proxy.close();
  expect([askedCount, visits]).toEqual([1, []]);
});

test("our own route is open to plain requests only", async () => {
  await open({ ownRoutes: [`http://127.0.0.1:${port}/outputs`] });
  expect((await get(`http://127.0.0.1:${port}/outputs/log`)).text).toBe("reached /outputs/log");
  expect((await get(`http://127.0.0.1:${port}/outputs/../secrets`)).status).toBe(403);
  expect(await tunnel(`127.0.0.1:${port}`)).toBeNull();
  expect(visits).toEqual(["/outputs/log"]);
});

test("each request of a connection is looked at, not the first alone", async () => {
  const route = `http://127.0.0.1:${port}/outputs`;
  await open({ ownRoutes: [route] });
  const socket = connect(socketPath);
  const say = (address: string) =>
    socket.write(`GET ${address} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`);
  let heard = "";
  socket.on("data", (chunk: Buffer) => (heard += chunk.toString()));
  say(`${route}/log`);
  await expect.poll(() => heard).toContain("reached /outputs/log");
  say(`http://127.0.0.1:${port}/secrets`);
  await expect.poll(() => heard).toContain("403");
  socket.destroy();
  expect(visits).toEqual(["/outputs/log"]);
});

test("closing ends open tunnels", async () => {
  await open({ privateHosts: [`127.0.0.1:${port}`] });
  const socket = await tunnel(`127.0.0.1:${port}`);
  const closed = once(socket!, "close");
  await proxy.close();
  await closed;
  await expect(once(connect(socketPath), "connect")).rejects.toThrow("ENOENT");
});
