import { useState, type ReactNode } from "react";
import { flushSync } from "react-dom";
import { createRoot, type Root } from "react-dom/client";
import { Markdown } from "#components/markdown/markdown.tsx";
import { OutputBlock } from "#components/transcript/output-block.tsx";
import { RawJson } from "#components/transcript/raw-json.tsx";
import { message, pathological } from "./inputs.ts";
import { renderers, type RendererName } from "./renderers.tsx";

// What bench/render.ts runs in a browser.

const MESSAGES = 30;
const DELTAS = 40;
const STREAMS = 5;

const api = {
  /** Milliseconds that the main thread takes to make a message's elements. */
  perMessage(name: RendererName): number {
    const beganMs = performance.now();
    for (let index = 0; index < MESSAGES; index += 1) {
      const root = createRoot(document.createElement("div"));
      renderNow(root, renderers[name](`${message}\n\nNumber ${index}`));
      root.unmount();
    }
    return (performance.now() - beganMs) / MESSAGES;
  },

  /** Milliseconds for a message that arrives in 40 pieces, each drawn when it comes. */
  perStream(name: RendererName): number {
    const beganMs = performance.now();
    for (let round = 0; round < STREAMS; round += 1) {
      const root = createRoot(document.createElement("div"));
      for (let index = 1; index <= DELTAS; index += 1) {
        const end = Math.round((message.length * index) / DELTAS);
        renderNow(root, renderers[name](message.slice(0, end)));
      }
      root.unmount();
    }
    return (performance.now() - beganMs) / STREAMS;
  },

  /** Milliseconds that an input keeps the main thread from anything else, in one piece: elements and layout. */
  async blocking(name: string): Promise<number> {
    const input = pathological[name];
    if (!input) throw new Error(`no input ${name}`);
    const place = document.createElement("main");
    place.className = "mx-auto max-w-[56rem]";
    document.body.append(place);
    const root = createRoot(place);
    const longestMs = watchLongestTask();
    root.render(<Waits>{() => draw(input)}</Waits>);
    await quiet();
    document.querySelector<HTMLButtonElement>("#show")?.click();
    await quiet();
    for (const button of place.querySelectorAll("button"))
      if (button.textContent === "Show all") button.click();
    await quiet();
    const result = longestMs();
    root.unmount();
    place.remove();
    return result;
  },

  inputs: Object.keys(pathological),
};

export type RenderBench = typeof api;
Object.assign(window, { renderBench: api });

function draw({ kind, text }: { kind: string; text: string }): ReactNode {
  if (kind === "markdown") return <Markdown text={text} />;
  if (kind === "output") return <OutputBlock label="Output" text={text} partId="prt_bench" />;
  return <RawJson data={JSON.parse(text) as unknown} />;
}

function Waits({ children }: { children: () => ReactNode }) {
  const [isShown, setIsShown] = useState(false);
  return (
    <>
      <button id="show" type="button" onClick={() => setIsShown(true)}>
        Show
      </button>
      {isShown && children()}
    </>
  );
}

function renderNow(root: Root, element: ReactNode): void {
  flushSync(() => root.render(element));
}

/** The longest time between two turns of the event loop since the call. */
function watchLongestTask(): () => number {
  let longestMs = 0;
  let lastMs = performance.now();
  let isOver = false;
  const channel = new MessageChannel();
  channel.port1.addEventListener("message", () => {
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - lastMs);
    lastMs = nowMs;
    if (!isOver) channel.port2.postMessage(null);
  });
  channel.port1.start();
  channel.port2.postMessage(null);
  return () => {
    isOver = true;
    return longestMs;
  };
}

/** Three frames and a pause: whatever follows from the last change has been drawn. */
async function quiet(): Promise<void> {
  for (let frame = 0; frame < 3; frame += 1)
    await new Promise((resolve) => requestAnimationFrame(resolve));
  await new Promise((resolve) => setTimeout(resolve, 150));
}
