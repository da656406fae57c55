import { expect, test } from "vitest";
import type { SharedOutput } from "#lib/shared-output.ts";
import { pageOutputs } from "./page-outputs.ts";

const list = Array.from({ length: 250 }, (_, n): SharedOutput => {
  const outputId = `out_${String(250 - n).padStart(3, "0")}`;
  return { outputId, mime: "image/png", state: "complete", createdAt: "", name: `${n}.png` };
});

test("all outputs of a share come page by page, and each page tells how many there are", () => {
  const pages = [pageOutputs(list)];
  for (let next = pages[0]!.next; next !== null; next = pages.at(-1)!.next)
    pages.push(pageOutputs(list, next));
  expect(pages.flatMap(({ outputs }) => outputs)).toEqual(list);
  expect(pages.map(({ outputs, total }) => [outputs.length, total])).toEqual([
    [100, 250],
    [100, 250],
    [50, 250],
  ]);
  expect(pageOutputs([])).toEqual({ outputs: [], next: null, total: 0 });
});
