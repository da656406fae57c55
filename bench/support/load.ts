import { Agent, request } from "node:http";

export interface LoadResult {
  requestsPerSecond: number;
  /** Milliseconds of every request, in no order. */
  latenciesMs: number[];
}

interface LoadOptions {
  url: string;
  callers: number;
  durationMs: number;
  headers: Record<string, string>;
  body(): string;
}

/** Posts from `callers` callers at once, each waiting for its answer, until the time is over. Fails on any non-200. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { callers, durationMs } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: callers });
  const latenciesMs: number[] = [];
  const beganMs = performance.now();
  const call = async () => {
    while (performance.now() - beganMs < durationMs) {
      const sentMs = performance.now();
      await post(agent, options);
      latenciesMs.push(performance.now() - sentMs);
    }
  };
  await Promise.all(Array.from({ length: callers }, call));
  const seconds = (performance.now() - beganMs) / 1000;
  agent.destroy();
  return { requestsPerSecond: latenciesMs.length / seconds, latenciesMs };
}

function post(agent: Agent, { url, headers, body }: LoadOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const content = body();
    const sent = request(
      url,
      {
        method: "POST",
        agent,
        headers: {
          "content-type": "application/json",
          "content-length": Buffer.byteLength(content),
          ...headers,
        },
      },
      (response) => {
        let answer = "";
        response.setEncoding("utf8");
        response.on("data", (text: string) => (answer += text));
        response.once("end", () => {
          if (response.statusCode === 200) resolve();
          else reject(new Error(`${url} answered ${response.statusCode}: ${answer}`));
        });
      },
    );
    sent.once("error", reject);
    sent.end(content);
  });
}
