import type { Browser, Page } from "@playwright/test";

interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  /** Thread time of an event, in microseconds; absent where the thread has no clock. */
  tdur?: number;
  args?: { beginData?: { url?: string } };
}

/**
 * Processor time of the longest task on the main thread of a page, in milliseconds, while `run` loads `url` in it. What
 * else the machine does makes a task longer and says nothing of the page.
 */
export async function measureLongestTask(
  browser: Browser,
  { page, url, run }: { page: Page; url: string; run: () => Promise<void> },
): Promise<number> {
  const categories = ["devtools.timeline", "disabled-by-default-devtools.timeline", "toplevel"];
  await browser.startTracing(page, { categories });
  await run();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
    traceEvents: TraceEvent[];
  };
  // Whatever else is in the trace, the thread that reads the page is its own: requests are told by others, too.
  const parsing = traceEvents.find(
    ({ name, args }) => name === "ParseHTML" && args?.beginData?.url === url,
  );
  const tasks = traceEvents.filter(
    ({ name, pid, tid }) => name === "RunTask" && pid === parsing?.pid && tid === parsing.tid,
  );
  if (tasks.length === 0) throw new Error("The browser told of no task of this page");
  return Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1_000;
}
