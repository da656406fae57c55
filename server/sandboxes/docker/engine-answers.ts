/** Whether the daemon refused with one of these HTTP statuses. */
export function isAnswer(error: unknown, statuses: readonly number[]): boolean {
  const { statusCode } = error as { statusCode?: number };
  return statusCode !== undefined && statuses.includes(statusCode);
}

/** For what is done already: the container is gone (404), not running (304, 409), or on its way (409). */
export async function unlessDone(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (!isAnswer(error, [304, 404, 409])) throw error;
  }
}
