import { describe, expect, test, vi } from "vitest";
import { interleave, median, quantile, reportBench } from "./bench.ts";

describe("interleave", () => {
  test("takes turns and begins every repetition with another contender", async () => {
    vi.spyOn(console, "log").mockReturnValue();
    const order: string[] = [];
    const contender = (name: string, value: number) => async () => {
      order.push(name);
      return value;
    };
    const samples = await interleave({
      contenders: { ours: contender("ours", 1), peer: contender("peer", 2) },
      warmUps: 1,
    });
    expect(order.join(" ")).toBe("ours peer ours peer peer ours ours peer");
    expect(samples).toEqual({ ours: [1, 1, 1], peer: [2, 2, 2] });
  });
});

describe("median and quantile", () => {
  test("find the middle and the nearest rank of unsorted values", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(quantile([30, 10, 20, 40], 0.5)).toBe(20);
    expect(quantile([30, 10, 20, 40], 0.99)).toBe(40);
    expect(quantile([30, 10, 20, 40], 0)).toBe(10);
  });
});

describe("reportBench", () => {
  const lastLine = (ratios: Record<string, number>) => {
    const print = vi.spyOn(console, "log").mockReturnValue();
    reportBench({
      name: "sample",
      ratios,
      goals: { vs_peer: { atLeast: 2 }, vs_limit: { atMost: 1 } },
    });
    process.exitCode = undefined;
    return JSON.parse(String(print.mock.lastCall?.[0])) as unknown;
  };

  test("holds when floors are reached and ceilings kept", () => {
    expect(lastLine({ vs_peer: 2, vs_limit: 1, vs_other: 0.333333 })).toEqual({
      name: "sample",
      ratios: { vs_peer: 2, vs_limit: 1, vs_other: 0.3333 },
      goals: { vs_peer: 2, vs_limit: 1 },
      holds: true,
    });
  });

  test("does not hold when one goal is missed or was not measured", () => {
    expect(lastLine({ vs_peer: 1.9, vs_limit: 1 })).toMatchObject({ holds: false });
    expect(lastLine({ vs_peer: 3, vs_limit: 1.1 })).toMatchObject({ holds: false });
    expect(lastLine({ vs_peer: 3 })).toMatchObject({ holds: false });
  });
});
