import { expect, test } from "vitest";
import { createDeferred } from "#lib/create-deferred.ts";
import { createActOnce } from "./act-once.ts";

/** A session whose runs end when they are told to. */
function openSession() {
  const actOnce = createActOnce<{ sessionId: string; generation: number }>();
  const runs: (() => void)[] = [];
  const generations: number[] = [];
  const session = { isStranded: false };
  const call = (generation = 1) =>
    actOnce(
      { sessionId: "ses", generation },
      {
        run(called) {
          const { promise, resolve } = createDeferred<void>();
          runs.push(resolve);
          generations.push(called.generation);
          return promise;
        },
        isStranded: async () => session.isStranded,
      },
    );
  return { runs, generations, session, call };
}

test("a call that came when the session was given back already is run after all, as it was made", async () => {
  const { runs, generations, session, call } = openSession();
  const first = call(1);
  await call(1);
  await call(2);
  expect(runs).toHaveLength(1);
  session.isStranded = true;
  runs[0]!();
  await expect.poll(() => runs.length).toBe(2);
  session.isStranded = false;
  runs[1]!();
  await first;
  expect(generations).toEqual([1, 2]);
});

test("a surplus call, and an end that nobody called in, are no reason to run again", async () => {
  const { runs, session, call } = openSession();
  const first = call();
  await call();
  runs[0]!();
  await first;
  session.isStranded = true;
  const second = call();
  runs[1]!();
  await second;
  expect(runs).toHaveLength(2);
});

test("a call is run in whichever moment of the end before it comes, once (#7)", async () => {
  for (let moment = 0; moment < 12; moment += 1) {
    const { runs, session, call } = openSession();
    const first = call();
    session.isStranded = true;
    runs[0]!();
    for (let passed = 0; passed < moment; passed += 1) await Promise.resolve();
    const second = call();
    await expect.poll(() => runs.length, { message: `moment ${moment}` }).toBe(2);
    session.isStranded = false;
    await call();
    expect(runs, `moment ${moment}`).toHaveLength(2);
    runs[1]!();
    await Promise.all([first, second]);
  }
});
