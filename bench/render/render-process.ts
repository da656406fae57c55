import { renderToString } from "react-dom/server";
import { message } from "./inputs.ts";
import { renderers, type RendererName } from "./renderers.tsx";

// Prints what one renderer takes of the processor for a message, in milliseconds, once it has warmed up.

const MEASURE_MS = 1_000;

const render = renderers[process.argv[2] as RendererName];
let count = 0;
const work = (durationMs: number) => {
  const endMs = performance.now() + durationMs;
  const begun = process.cpuUsage();
  const before = count;
  // Every message is another one.
  while (performance.now() < endMs) renderToString(render(`${message}\n\nNumber ${count++}`));
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1_000 / (count - before);
};
work(MEASURE_MS);
console.log(work(MEASURE_MS));
