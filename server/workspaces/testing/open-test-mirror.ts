import { openMirror, type OpenMirrorOptions } from "../mirrors.ts";
import type { TestHost } from "./test-repository.ts";

/** Opens a mirror of the host's `origin`, unless another repository is named; nothing is too large or in use. */
export const openTestMirror = (host: TestHost, more: Partial<OpenMirrorOptions> = {}) =>
  openMirror({
    ...host.context,
    dataDir: host.dataDir,
    repository: host.repository,
    branch: null,
    maxBytes: 1e12,
    isMirrorInUse: () => Promise.resolve(false),
    ...more,
  });
