/** Runs in a worker: answers each request with what `answer` says, null when it fails. */
export function answerRequests(answer: (request: never) => unknown): void {
  self.addEventListener("message", ({ data }: MessageEvent<never>) => {
    void answerOne(answer, data);
  });
}

async function answerOne(answer: (request: never) => unknown, request: never): Promise<void> {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has none
  self.postMessage(
    await Promise.resolve(request)
      .then(answer)
      .catch(() => null),
  );
}
