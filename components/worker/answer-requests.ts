/** Runs in a worker: answers each request with what `answer` says, null when it fails. */
export function answerRequests(answer: (request: never) => unknown): void {
  self.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    void answerOne(answer, data as never);
  });
}

async function answerOne(answer: (request: never) => unknown, request: never): Promise<void> {
  const result = await Promise.resolve(request)
    .then(answer)
    .catch(() => null);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has none
  self.postMessage(result);
}
