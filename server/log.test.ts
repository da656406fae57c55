import { pino } from "pino";
import { expect, test, vi } from "vitest";
import { log } from "./log.ts";

const destination = (log as unknown as Record<symbol, { write(line: string): void }>)[
  pino.symbols.streamSym
];

test.each(["err", "error"])("an error that is logged as `%s` says what happened", (member) => {
  if (destination === undefined) throw new Error("The log has no destination");
  const write = vi.spyOn(destination, "write").mockImplementation(() => {});
  log.child({}, { level: "info" }).info({ [member]: new Error("the disk is full") }, "not stored");
  expect(JSON.parse(String(write.mock.lastCall?.[0]))).toMatchObject({
    [member]: { type: "Error", message: "the disk is full", stack: expect.any(String) as string },
    msg: "not stored",
  });
  write.mockRestore();
});
