import { execFile, spawn } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type Docker from "dockerode";
import { findProgram } from "../../find-program.ts";
import { loadEngine } from "../load-engine.ts";

/** What the probes of the tests use; the shell and socat are what every image must have. */
const PROGRAMS =
  "sh socat cat chmod curl env grep head id kill ln ls mkdir mknod mount setsid sleep su tail touch tr unshare wc";
const SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin";
const IMAGE = "millrace-test-programs";

export interface TestDocker {
  engine: Docker;
  socketPath: string;
  image: string;
}

/**
 * The Docker daemon that `DOCKER_HOST` names (unix sockets only), with an image of this machine's own programs, as none
 * can be fetched; or why there is none.
 */
export async function findTestDocker(): Promise<TestDocker | string> {
  const host = process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock";
  const socketPath = host.replace(/^unix:\/\//, "");
  const engine = loadEngine(socketPath);
  if (typeof engine === "string") return engine;
  try {
    await engine.ping();
  } catch (error) {
    return `no Docker daemon answers: ${(error as Error).message}`;
  }
  await importImage(engine);
  return { engine, socketPath, image: IMAGE };
}

async function importImage(engine: Docker): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-image-"));
  try {
    await mkdir(join(folder, "tmp"));
    await chmod(folder, 0o755);
    await chmod(join(folder, "tmp"), 0o1777);
    for (const name of PROGRAMS.split(" ")) await addProgram(folder, name);
    const tar = spawn("tar", ["-C", folder, "-c", "."], { stdio: ["ignore", "pipe", "inherit"] });
    const progress = await engine.importImage(tar.stdout, { repo: IMAGE, tag: "latest" });
    await new Promise((resolve, reject) =>
      engine.modem.followProgress(progress, (error) => (error ? reject(error) : resolve(null))),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** With the libraries that the linker finds for it, at their own places. */
async function addProgram(folder: string, name: string): Promise<void> {
  const program = await findProgram(name, SYSTEM_PATH);
  if (program === null) return;
  const copy = async (from: string, to: string) => {
    await mkdir(dirname(join(folder, to)), { recursive: true });
    await cp(from, join(folder, to), { dereference: true });
  };
  await copy(program, join("/bin", name));
  const { stdout } = await promisify(execFile)("ldd", [program]).catch(() => ({ stdout: "" }));
  for (const [library] of stdout.matchAll(/\/\S+/g)) await copy(library, library);
}
