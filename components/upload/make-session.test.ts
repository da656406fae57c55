import { afterEach, expect, test, vi } from "vitest";
import { makeSession } from "./make-session.ts";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const make = (answer: (request: RequestInit) => Response | Promise<Response>) => {
  vi.stubGlobal("fetch", async (_: string, request: RequestInit) => answer(request));
  return makeSession({ source: "claude", externalId: "x" }, "a.ndjson");
};

const noAnswer = { message: "The server does not answer.", isPassing: true };

const breaking = () =>
  new ReadableStream({ pull: (stream) => stream.error(new TypeError("network error")) });

test("answers the session that was made", async () => {
  const made = { sessionId: "ses_1", isNew: true };
  expect(await make(() => Response.json(made))).toEqual(made);
});

test("tells what the server said", async () => {
  const problem = Response.json({ title: "Forbidden", detail: "Not you" }, { status: 403 });
  expect(await make(() => problem)).toEqual({ message: "Not you", isPassing: false });
});

const notOurs: [string, () => Response][] = [
  ["is no JSON", () => new Response("<html>proxy</html>")],
  ["breaks", () => new Response(breaking())],
  ["is an error and breaks", () => new Response(breaking(), { status: 503 })],
];

test.each(notOurs)("an answer that %s passes like a lost connection", async (_, answer) => {
  expect(await make(answer)).toEqual(noAnswer);
});

test("an answer that never comes is waited for no longer than a minute", async () => {
  const minute = new AbortController();
  const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValue(minute.signal);
  const made = make(
    ({ signal }) =>
      new Promise((_, reject) =>
        signal?.addEventListener("abort", () => reject(signal.reason as Error)),
      ),
  );
  expect(timeout).toHaveBeenCalledWith(60_000);
  minute.abort(new DOMException("", "TimeoutError"));
  expect(await made).toEqual(noAnswer);
});
