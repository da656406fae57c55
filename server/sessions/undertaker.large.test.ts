import { expect, test } from "vitest";
import { expectAllSurvive } from "./testing/blips.ts";

/** 0.2 to 3 s, short and long ones mixed. */
const cutsMs = Array.from({ length: 20 }, (_, round) => 200 + ((round * 7) % 20) * 147);

test.each([{ areOnOneHost: true }, { areOnOneHost: false }])(
  "nobody is buried in twenty cuts of the database, %o",
  async ({ areOnOneHost }) => {
    expect(Math.max(...cutsMs)).toBeGreaterThan(2_900);
    await expectAllSurvive({ processIds: ["one", "two", "three"], cutsMs, areOnOneHost });
  },
);
