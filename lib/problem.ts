import { isRecord } from "./is-record.ts";

/**
 * What problem details (RFC 9457) say went wrong this time: `detail`, else the general `title`. Null for a body that is
 * something else, such as the page of a proxy.
 */
export function readProblem(body: string): string | null {
  let problem: unknown;
  try {
    problem = JSON.parse(body);
  } catch {
    return null;
  }
  if (!isRecord(problem)) return null;
  const words = problem["detail"] ?? problem["title"];
  return typeof words === "string" && words !== "" ? words : null;
}
