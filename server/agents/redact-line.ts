import { redactText } from "#server/sandboxes/redact-output.ts";

const MAX_CHARACTERS = 300;

// oxlint-disable-next-line no-control-regex
const ESCAPES = /\u001b\[[0-9;?]*[ -/]*[@-~]|\u001b\][^\u0007]*\u0007|[\u0000-\u001f\u007f]+/g;

/** A line of an agent that is safe to show: no escapes, at most 300 characters, credentials and `secrets` replaced. */
export function redactLine(line: string, secrets: readonly string[]): string {
  const text = redactText(line.replace(ESCAPES, " "), secrets).trim();
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS - 1)}…` : text;
}
