import { expect, test } from "vitest";
import { AppError } from "#lib/errors.ts";
import { describeEnd, describeFailure } from "./describe-end.ts";

const running = new AbortController().signal;
const stop = AbortSignal.abort(new AppError("conflict", "Stopped", { details: { isStop: true } }));
const overdue = AbortSignal.abort(
  new AppError("unavailable", "Too long", { details: { isOverdue: true } }),
);
const drain = AbortSignal.abort(new AppError("unavailable", "The server was stopped"));
const killed = new AppError("unavailable", "It did not stop, so its process was killed");

test("a Stop says how far it had to go", () => {
  expect(describeEnd("cancelled", stop)).toEqual({
    outcome: "interrupted",
    message: "The agent ended its turn when it was asked to",
  });
  expect(describeFailure(killed, stop)).toEqual({
    outcome: "interrupted",
    message: "It did not stop, so its process was killed",
  });
  const before = describeFailure(stop.reason as AppError, stop);
  expect(before).toEqual({ outcome: "interrupted", message: "The agent had not begun" });
});

test("a turn that took too long has failed, however it was ended", () => {
  const failed = { outcome: "failed", message: "Too long" };
  expect(describeEnd("cancelled", overdue)).toEqual(failed);
  expect(describeFailure(killed, overdue)).toEqual(failed);
});

test("any other reason to end says itself", () => {
  const stopped = { outcome: "interrupted", message: "The server was stopped" };
  expect(describeEnd("cancelled", drain)).toEqual(stopped);
  expect(describeFailure(killed, drain)).toEqual(stopped);
});

test("an agent that ends its turn by itself has completed it, or says why not", () => {
  expect(describeEnd("end_turn", running)).toEqual({ outcome: "completed", message: null });
  expect(describeEnd("refusal", running).outcome).toBe("failed");
  expect(describeFailure(killed, running)).toMatchObject({ outcome: "failed" });
});
