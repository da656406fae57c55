import { beforeEach, expect, test, vi } from "vitest";
import { createTransfers, type Transfers } from "./transfers.ts";

/** What the tus client was asked to do, by upload from 1 on. */
const asked = vi.hoisted(() => [] as string[]);

vi.mock("tus-js-client", () => {
  let count = 0;
  class Upload {
    readonly #number = (count += 1);
    start() {
      asked.push(`start ${this.#number}`);
    }
    async abort(isFinal = false) {
      asked.push(`${isFinal ? "remove" : "abort"} ${this.#number}`);
    }
  }
  const urlStorage = { findUploadsByFingerprint: async () => [] };
  return { Upload, defaultOptions: { urlStorage, fingerprint: async () => "" } };
});

let page: EventTarget;
let isOnLine = true;
const goes = (state: "online" | "offline") => {
  isOnLine = state === "online";
  page.dispatchEvent(new Event(state));
};

/** Answers a request for a session, from the first that is not answered on. */
let answers: ((response: Response) => void)[];

beforeEach(() => {
  asked.length = 0;
  answers = [];
  page = new EventTarget();
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("navigator", {
    get onLine() {
      return isOnLine;
    },
  });
  vi.stubGlobal("fetch", () => new Promise<Response>((resolve) => answers.push(resolve)));
});

/** A file whose session is being made. */
async function addFile() {
  const transfers = createTransfers();
  const lines = [
    { type: "session", data: { id: "elsewhere" } },
    { type: "part", data: {} },
  ].map((item) => `${JSON.stringify(item)}\n`);
  transfers.add([new File(lines, "a.ndjson")], null);
  await vi.waitFor(() => expect(answers).toHaveLength(1));
  return { transfers, transferId: transfers.get()[0]!.transferId };
}

const interruptions: [string, (transfers: Transfers, transferId: string) => void][] = [
  [
    "paused and resumed",
    (transfers, transferId) => {
      transfers.pause(transferId);
      transfers.resume(transferId);
    },
  ],
  [
    "offline and online",
    () => {
      goes("offline");
      goes("online");
    },
  ],
];

test.each(interruptions)(
  "a file that was %s while its session was being made is sent once, and can be removed",
  async (_, interrupt) => {
    const { transfers, transferId } = await addFile();
    interrupt(transfers, transferId);
    await vi.waitFor(() => expect(transfers.get()[0]!.state).toBe("sending"));
    answers[0]!(Response.json({ sessionId: "ses_1", isNew: true }));
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    await transfers.remove(transferId);
    expect(answers).toHaveLength(1);
    const [number] = asked[0]!.match(/\d+/) ?? [];
    expect(asked).toEqual([`start ${number}`, `remove ${number}`]);
  },
);

test("a file that is paused while its session is being made is sent when it is resumed", async () => {
  const { transfers, transferId } = await addFile();
  transfers.pause(transferId);
  answers[0]!(Response.json({ sessionId: "ses_1", isNew: true }));
  await vi.waitFor(() => expect(transfers.get()[0]!.sessionId).toBe("ses_1"));
  expect(asked).toEqual([]);
  transfers.resume(transferId);
  await vi.waitFor(() => expect(asked).toHaveLength(1));
  expect(answers).toHaveLength(1);
});

test("a session that could not be made is asked for again", async () => {
  const { transfers, transferId } = await addFile();
  answers[0]!(Response.json({ detail: "No" }, { status: 403 }));
  await vi.waitFor(() => expect(transfers.get()[0]).toMatchObject({ state: "failed" }));
  transfers.resume(transferId);
  await vi.waitFor(() => expect(answers).toHaveLength(2));
  answers[1]!(Response.json({ sessionId: "ses_1", isNew: true }));
  await vi.waitFor(() => expect(asked).toHaveLength(1));
});
