import { randomUUID } from "node:crypto";
import { afterEach, beforeEach } from "vitest";
import type { BlobStore } from "../blob-store.ts";
import { createBucket } from "../s3/bucket.ts";
import { createS3BlobStore } from "../s3/s3-blob-store.ts";
import { createSegmentKey } from "../segment-key.ts";
import { startScriptedS3, type S3Request, type ScriptedS3, type Trouble } from "./scripted-s3.ts";

/** For each test a server that speaks S3 and has the trouble that it is told, a store on it, and a new key. */
export function useScriptedS3() {
  let server: ScriptedS3;
  let store: BlobStore;
  let key: string;

  const openStore = async (idleTimeoutMs = 30_000) => {
    store = createS3BlobStore(await createBucket({ ...server.settings, idleTimeoutMs }));
  };
  beforeEach(async () => {
    server = await startScriptedS3();
    await openStore();
    key = createSegmentKey(randomUUID(), 0);
  });
  afterEach(() => server.close());

  return {
    server: () => server,
    store: () => store,
    key: () => key,
    takeNewKey() {
      key = createSegmentKey(randomUUID(), 0);
    },
    openStore,
    /** The first `count` requests that `matches` meets have this trouble. */
    async troubleFor(count: number, matches: (request: S3Request) => boolean, trouble: Trouble) {
      if (trouble === "silence") await openStore(1_000);
      let left = count;
      server.trouble = (request) => (matches(request) && left-- > 0 ? trouble : null);
    },
    stored: () => server.objects.get(`/bucket/${key}`),
    read: async () => Buffer.concat(await (await store.open(key)).toArray()),
  };
}
