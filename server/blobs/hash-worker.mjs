// The thread of hash-thread.ts: SHA-256 of many blobs, from chunks that lie in shared memory.
import { createHash } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";

/** @type {{ memory: SharedArrayBuffer }} */
const { memory } = workerData;
/** @type {Map<number, import("node:crypto").Hash>} */
const hashes = new Map();

/** @param {import("./hash-thread.ts").HashRequest} request */
function handle(request) {
  const { type, id } = request;
  if (type === "create") hashes.set(id, createHash("sha256"));
  else if (type === "copy") hashes.set(id, hashes.get(request.from).copy());
  else if (type === "forget") hashes.delete(id);
  else if (type === "update") {
    hashes.get(id).update(new Uint8Array(memory, request.start, request.bytes));
    parentPort.postMessage({ type, start: request.start }, []);
  } else {
    parentPort.postMessage({ type, id, sha256: hashes.get(id).digest("hex") }, []);
    hashes.delete(id);
  }
}

parentPort.on("message", handle);
