import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import type { SharedOutputsPage } from "#lib/shared-output.ts";
import { createShareSource } from "./share-source.ts";
import { SharedOutputs } from "./shared-outputs.tsx";

const draw = (initial: SharedOutputsPage) =>
  renderToStaticMarkup(
    <QueryClientProvider client={new QueryClient()}>
      <SharedOutputs token="tok" share={createShareSource("tok", () => {})} initial={initial} />
    </QueryClientProvider>,
  );

const log = { mime: "text/plain", state: "complete", createdAt: "", name: "build.log" } as const;
const outputs = [{ ...log, outputId: "out_1" }];

test("a share with more outputs than a page says how many there are, and has a way to them", () => {
  const html = draw({ outputs, next: "out_1", total: 101 });
  expect(html).toContain("101 outputs");
  expect(html).toContain("build.log");
  expect(html).toContain("Load more");
});

test("a share without further outputs has no way to more, and without any says nothing", () => {
  const html = draw({ outputs, next: null, total: 1 });
  expect(html).toContain("1 output<");
  expect(html).not.toContain("Load more");
  expect(draw({ outputs: [], next: null, total: 0 })).toBe("");
});
