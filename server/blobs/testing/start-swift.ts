import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

/** Debian's; a Python of another kind that comes first in PATH does not have its modules. */
const PYTHON = "/usr/bin/python3";
const MEMCACHED = "/usr/bin/memcached";
const READY_MS = 60_000;

const roles = ["account", "container", "object", "proxy"] as const;
type Role = (typeof roles)[number];
type Ports = Record<Role | "cache", number>;

export interface S3Server {
  endpoint: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Ends the server and removes its data. */
  stop(): Promise<void>;
}

/** Whether Debian's OpenStack Swift is installed. */
export function hasSwift(): boolean {
  const programs = roles.map((role) => `/usr/bin/swift-${role}-server`);
  return [PYTHON, MEMCACHED, ...programs].every((path) => existsSync(path));
}

/**
 * Starts an OpenStack Swift with its S3 interface on free ports of the loopback address, one disk in a temporary
 * folder. It ends with `stop`, and also when this process dies.
 */
export async function startSwift(): Promise<S3Server> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-test-swift-"));
  await mkdir(join(folder, "devices", "d1"), { recursive: true });
  const ports = await findFreePorts();
  await writeConfiguration(folder, ports);
  const servers = runServers(folder, ports);
  const stop = async () => {
    const ended = servers.exitCode === null ? once(servers, "exit") : null;
    servers.stdin.end();
    await ended;
  };
  const endpoint = `http://127.0.0.1:${ports.proxy}`;
  try {
    await Promise.all(roles.map((role) => waitUntilReady(ports[role])));
  } catch (cause) {
    const tail = (await readFile(join(folder, "log"), "utf8")).slice(-4_000);
    await stop();
    throw new Error(`Swift did not start; the end of its log:\n${tail}`, { cause });
  }
  return { endpoint, accessKeyId: "test:tester", secretAccessKey: "testing", stop };
}

/** One shell holds all servers. It ends them when its standard input closes, which a killed process also does. */
function runServers(folder: string, { cache }: Ports) {
  const script = `
    ${MEMCACHED} -u ${userInfo().username} -l 127.0.0.1 -p ${cache} -m 16 >>"$1/log" 2>&1 &
    servers=$!
    for role in ${roles.join(" ")}; do
      ${PYTHON} /usr/bin/swift-$role-server "$1/$role.conf" >>"$1/log" 2>&1 &
      servers="$servers $!"
    done
    cat >/dev/null
    kill $servers; wait; rm -rf "$1"`;
  return spawn("sh", ["-c", script, "sh", folder], {
    detached: true,
    stdio: ["pipe", "ignore", "inherit"],
  });
}

/** Any answer will do: the servers of the disk refuse everything that the proxy would not ask. */
async function waitUntilReady(port: number): Promise<void> {
  const deadlineMs = Date.now() + READY_MS;
  for (;;) {
    try {
      await (await fetch(`http://127.0.0.1:${port}/`)).arrayBuffer();
      return;
    } catch (error) {
      if (Date.now() > deadlineMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Held open together, so that they are different ones. */
async function findFreePorts(): Promise<Ports> {
  const names = [...roles, "cache"];
  const listeners = names.map(() => createServer().listen(0, "127.0.0.1"));
  await Promise.all(listeners.map((listener) => once(listener, "listening")));
  const ports = listeners.map((listener) => (listener.address() as AddressInfo).port);
  await Promise.all(listeners.map((listener) => once(listener.close(), "close")));
  return Object.fromEntries(names.map((name, n) => [name, ports[n]])) as Ports;
}

const MAKE_RINGS = `
import sys
from swift.common.ring import RingBuilder
folder, *ports = sys.argv[1:]
for name, port in zip(("account", "container", "object"), map(int, ports)):
    builder = RingBuilder(4, 1, 1)
    builder.add_dev(dict(region=1, zone=1, ip="127.0.0.1", port=port, replication_ip="127.0.0.1",
                         replication_port=port, device="d1", weight=1, meta=""))
    builder.rebalance()
    builder.get_ring().save(folder + "/" + name + ".ring.gz")
`;

async function writeConfiguration(folder: string, ports: Ports): Promise<void> {
  const { account, container, object } = ports;
  const rings = [account, container, object].map(String);
  const made = spawnSync(PYTHON, ["-c", MAKE_RINGS, folder, ...rings], { encoding: "utf8" });
  if (made.status !== 0) throw new Error(`Swift's rings were not made: ${made.stderr}`);
  await writeFile(join(folder, "swift.conf"), commonConfiguration);
  for (const role of roles) {
    const section =
      role === "proxy" ? proxyConfiguration(ports.cache) : storageConfiguration(role, folder);
    await writeFile(join(folder, `${role}.conf`), `${common(folder, ports[role])}${section}`);
  }
}

const commonConfiguration = `
[swift-hash]
swift_hash_path_prefix = millrace
swift_hash_path_suffix = millrace
[storage-policy:0]
name = only
default = yes
`;

const common = (folder: string, port: number) => `
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
workers = 0
user = ${userInfo().username}
swift_dir = ${folder}
devices = ${folder}/devices
mount_check = false
fallocate_reserve = 0
log_level = WARNING
`;

const storageConfiguration = (role: Role, folder: string) => `
[pipeline:main]
pipeline = ${role}-server
[app:${role}-server]
use = egg:swift#${role}
recon_cache_path = ${folder}
`;

const proxyConfiguration = (cachePort: number) => `
[pipeline:main]
pipeline = catch_errors gatekeeper cache s3api tempauth copy slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:${cachePort}
[filter:s3api]
use = egg:swift#s3api
min_segment_size = 1
max_upload_part_num = 10000
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
max_manifest_segments = 10000
[filter:dlo]
use = egg:swift#dlo
`;
