const MAX_CHARACTERS = 300;
/** Shorter values are words like `1` or `true`, which would black out ordinary text. */
const SECRET_MIN_CHARACTERS = 6;

// oxlint-disable-next-line no-control-regex
const ESCAPES = /\u001b\[[0-9;?]*[ -/]*[@-~]|\u001b\][^\u0007]*\u0007|[\u0000-\u001f\u007f]+/g;

const PATTERNS: [RegExp, string][] = [
  [/([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, "$1[redacted]@"],
  [/\b(bearer|basic|token)\s+[\w.~+/=-]{8,}/gi, "$1 [redacted]"],
  [/\b(sk|pk|rk|ghp|gho|ghs|ghu|glpat|xoxb|xoxp|AIza|hf|npm)[-_][\w-]{8,}/g, "[redacted]"],
  [
    /\bAIza[\w-]{20,}|\bAKIA[A-Z0-9]{12,}|\bgithub_pat_\w{10,}|\beyJ[\w-]+\.[\w-]+\.[\w-]+/g,
    "[redacted]",
  ],
  [
    /((?:api[-_]?key|token|secret|password|passwd|authorization)["']?\s*[:=]\s*["']?)[^\s"',;&]{4,}/gi,
    "$1[redacted]",
  ],
];

/**
 * A line of an agent that is safe to show: no escapes, at most 300 characters, credentials replaced. `secrets` are
 * values that must not appear whatever they look like, such as those of the session's environment.
 */
export function redactLine(line: string, secrets: Iterable<string> = []): string {
  let text = line.replace(ESCAPES, " ");
  for (const secret of secrets) {
    if (secret.length >= SECRET_MIN_CHARACTERS) text = text.replaceAll(secret, "[redacted]");
  }
  for (const [pattern, replacement] of PATTERNS) text = text.replace(pattern, replacement);
  text = text.trim();
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS - 1)}…` : text;
}
