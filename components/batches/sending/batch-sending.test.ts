import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createBatchSender, isUnderWay } from "./batch-sending.ts";
import type { LineSource, SourceLine } from "./source-line.ts";

/** Uploads that were begun, by what the server is told of them. */
const begun = vi.hoisted(() => [] as Record<string, string>[]);

vi.mock("tus-js-client", () => {
  class Upload {
    readonly #options: UploadOptions;
    url: string | null = null;
    constructor(_: File, options: UploadOptions) {
      this.#options = options;
    }
    start() {
      begun.push(this.#options.metadata);
      this.url = `/api/v1/uploads/upl_${begun.length}`;
      this.#options.onUploadUrlAvailable();
      this.#options.onSuccess();
    }
    async abort() {}
  }
  const urlStorage = { findUploadsByFingerprint: async () => [] };
  return { Upload, defaultOptions: { urlStorage, fingerprint: async () => "" } };
});

interface UploadOptions {
  metadata: Record<string, string>;
  onUploadUrlAvailable(): void;
  onSuccess(): void;
}

interface Request {
  path: string;
  answer(response: Response): void;
}

/** Requests that wait for an answer. */
let requests: Request[];

beforeEach(() => {
  begun.length = 0;
  requests = [];
  vi.stubGlobal("location", new URL("http://localhost"));
  vi.stubGlobal("navigator", { onLine: true });
  vi.stubGlobal("addEventListener", () => {});
  vi.spyOn(Math, "random").mockReturnValue(0);
  vi.stubGlobal("fetch", (path: string) => {
    return new Promise<Response>((resolve) => requests.push({ path, answer: resolve }));
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** Answers the oldest request that waits, as soon as there is one. */
async function answer(path: string, body: unknown, status = 200): Promise<void> {
  const request = await vi.waitFor(() => {
    const [first] = requests;
    expect(first?.path).toContain(path);
    return requests.shift() as Request;
  });
  request.answer(Response.json(body, { status }));
}

const answerKnown = async () => {
  await answer("/bat_1", { batch: { received: 0, expectedCount: 1, counts: { failed: 0 } } });
  await answer("/missing", { missing: [[0, 0]], isMissingCut: false });
};
const counts = { accepted: 1, deduplicated: 0, conflictCount: 0, refusedCount: 0, oversized: 0 };
const answers = { ...counts, refused: [] };

function createSender(way: SourceLine["way"], expectedCount: number | null = 1) {
  const file = new File(['{"data":[]}'], "a.json", { lastModified: 7 });
  const line = { index: 0, isIndexStated: true, file, start: 0, end: file.size, way, name: "a" };
  const source: LineSource = { lines: [line], expectedCount };
  return createBatchSender("bat_1", source, () => {});
}

/** What was asked for before has been dealt with. */
const settled = () => new Promise((resolve) => setTimeout(resolve));

test("what is stopped while the server is asked stays stopped, and goes on when it is wanted", async () => {
  const sender = createSender("line");
  sender.start();
  await vi.waitFor(() => expect(requests).toHaveLength(1));
  sender.stop();
  await answerKnown();
  await settled();
  expect(sender.get().state).toBe("stopped");
  expect(requests).toEqual([]);
  sender.start();
  await answerKnown();
  await answer("/items", answers);
  await vi.waitFor(() => expect(sender.get()).toMatchObject({ state: "sent", sentCount: 1 }));
});

test("an answer to what was stopped does not count for what goes on meanwhile", async () => {
  const sender = createSender("line");
  sender.start();
  await answerKnown();
  await vi.waitFor(() => expect(requests).toHaveLength(1));
  const [before] = requests.splice(0);
  sender.stop();
  sender.start();
  before?.answer(Response.json(answers));
  await settled();
  expect(sender.get()).toMatchObject({ state: "asking", sentCount: 0 });
});

test("what has been sent, or was refused, is not stopped any more", async () => {
  const sent = createSender("line");
  sent.start();
  await answerKnown();
  await answer("/items", answers);
  await vi.waitFor(() => expect(isUnderWay(sent.get())).toBe(false));
  sent.stop();
  expect(sent.get().state).toBe("sent");
  const refused = createSender("line");
  refused.start();
  await answer("/bat_1", { detail: "There is no such batch" }, 404);
  await vi.waitFor(() => expect(isUnderWay(refused.get())).toBe(false));
  refused.stop();
  expect(refused.get()).toMatchObject({ state: "failed", problem: "There is no such batch" });
});

test("a finished upload is not sent again when the request that names it meets trouble", async () => {
  const sender = createSender("file");
  sender.start();
  await answerKnown();
  await answer("/sessions", { sessionId: "ses_1", isNew: true });
  await answer("/items", {}, 503);
  await vi.waitFor(() => expect(sender.get().state).toBe("waiting"));
  await answerKnown();
  await answer("/items", answers);
  await vi.waitFor(() => expect(sender.get().state).toBe("sent"));
  expect(begun).toMatchObject([{ sessionId: "ses_1", idempotencyKey: "bat_1/0/11-7" }]);
});

test("a batch whose end nobody knows is sealed only where no line is missing", async () => {
  const known = { received: 0, expectedCount: null, counts: { failed: 0 } };
  const torn = { ...answers, refused: [{ index: null }] };
  for (const [answered, missingCount, asked] of [
    [answers, 0, ["/bat_1", "/seal"]],
    [answers, 2, ["/bat_1"]],
    [torn, 0, []],
  ] as const) {
    const sender = createSender("line", null);
    sender.start();
    await answer("/bat_1", { batch: known });
    await answer("/missing", { missing: [], isMissingCut: false });
    await answer("/items", answered);
    for (const path of asked) await answer(path, { batch: { ...known, missingCount } });
    await vi.waitFor(() => expect(sender.get().state).toBe("sent"));
    expect(requests).toEqual([]);
  }
});
