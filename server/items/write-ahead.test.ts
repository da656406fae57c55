import { expect, test } from "vitest";
import { createGate } from "./testing/item-session.ts";
import { writeAhead } from "./write-ahead.ts";

const options = { isAlone: () => false, signal: undefined };

test("the next batch is gathered while one is written, and none beyond", async () => {
  const log: string[] = [];
  async function* batches() {
    for (const name of ["a", "b", "c"]) {
      log.push(`gather ${name}`);
      yield await Promise.resolve(name);
    }
  }
  await writeAhead(batches(), {
    ...options,
    async write(name) {
      await new Promise((resolve) => setImmediate(resolve));
      log.push(`written ${name}`);
    },
  });
  expect(log).toEqual(["gather a", "gather b", "written a", "gather c", "written b", "written c"]);
});

test("nothing is gathered beside a batch that is alone", async () => {
  const log: string[] = [];
  async function* batches() {
    for (const name of ["large", "b"]) {
      log.push(`gather ${name}`);
      yield await Promise.resolve(name);
    }
  }
  await writeAhead(batches(), {
    ...options,
    isAlone: (name) => name === "large",
    async write(name) {
      await new Promise((resolve) => setImmediate(resolve));
      log.push(`written ${name}`);
    },
  });
  expect(log).toEqual(["gather large", "written large", "gather b", "written b"]);
});

test("a write that fails does not wait for a source that is slow", async () => {
  const slow = createGate();
  async function* batches() {
    yield "a";
    await slow.opened;
  }
  const written = writeAhead(batches(), {
    ...options,
    write: () => Promise.reject(new RangeError("refused")),
  });
  await expect(written).rejects.toThrow("refused");
  slow.open();
});

test("a source that fails comes through when the batch before it is written", async () => {
  const gate = createGate();
  const written: string[] = [];
  async function* batches() {
    yield await Promise.resolve("a");
    throw new RangeError("the line broke");
  }
  const result = writeAhead(batches(), {
    ...options,
    async write(name) {
      await gate.opened;
      written.push(name);
    },
  });
  result.catch(() => {});
  setImmediate(gate.open);
  await expect(result).rejects.toThrow("the line broke");
  expect(written).toEqual(["a"]);
});

test("an abort closes the source and writes nothing more", async () => {
  const controller = new AbortController();
  const written: string[] = [];
  let isClosed = false;
  async function* batches() {
    try {
      yield await Promise.resolve("a");
      yield "b";
    } finally {
      isClosed = true;
    }
  }
  const result = writeAhead(batches(), {
    ...options,
    signal: controller.signal,
    async write(name) {
      written.push(name);
      controller.abort(new RangeError("enough"));
    },
  });
  await expect(result).rejects.toThrow("enough");
  expect([written, isClosed]).toEqual([["a"], true]);
});
