import { lstat, readlink } from "node:fs/promises";
import { makeParents } from "./make-parents.ts";

/** Besides /usr: folders of programs and libraries, which are links into it on most systems. */
const PROGRAM_FOLDERS = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

/** What programs read of /etc and holds no secret. */
const ETC_PATHS = [
  "/etc/alternatives",
  "/etc/ca-certificates",
  "/etc/ca-certificates.conf",
  "/etc/fonts",
  "/etc/ld.so.cache",
  "/etc/ld.so.conf",
  "/etc/ld.so.conf.d",
  "/etc/localtime",
  "/etc/mime.types",
  "/etc/pki/tls/certs",
  "/etc/ssl/certs",
  "/etc/ssl/openssl.cnf",
  "/etc/terminfo",
];

/** Arguments of bwrap(1) that show the system's programs, read-only, and nothing of what people keep on it. */
export async function systemMounts(): Promise<string[]> {
  const folders = await Promise.all(PROGRAM_FOLDERS.map(mountProgramFolder));
  const etc = ETC_PATHS.flatMap((path) => [...makeParents(path), "--ro-bind-try", path, path]);
  return ["--ro-bind", "/usr", "/usr", ...folders.flat(), ...etc];
}

async function mountProgramFolder(path: string): Promise<string[]> {
  const entry = await lstat(path).catch(() => null);
  if (entry === null) return [];
  return entry.isSymbolicLink()
    ? ["--symlink", await readlink(path), path]
    : ["--ro-bind", path, path];
}
