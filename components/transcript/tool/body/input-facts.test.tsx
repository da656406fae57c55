import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { readTool } from "../read-tool.ts";
import { InputFacts } from "./input-facts.tsx";

test("every member of an input is shown, also those that are null (#4)", () => {
  const input = { query: "pears", limit: 3, after: null };
  const call = readTool({ tool: "mcp__orchard__search", state: { input } });
  const html = renderToStaticMarkup(<InputFacts call={call} />);
  expect(html).toMatch(/after<\/dt><dd[^>]*>null<\/dd>/);
});
