/** A longer line is cut: nothing useful for a log is that long, and holding it back has to end somewhere. */
const LINE_MAX_CHARACTERS = 8_192;
/** Shorter values are words like `1` or `true`, which would black out ordinary text. */
const SECRET_MIN_CHARACTERS = 6;
const MARK = "[redacted]";

const PATTERNS: [RegExp, string][] = [
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/]*@/gi, `$1${MARK}@`],
  [/((?:proxy-)?authorization["']?\s*[:=]\s*).+/gi, `$1${MARK}`],
  [/((?:private-token|x-api-key|set-cookie|cookie)["']?\s*[:=]\s*).+/gi, `$1${MARK}`],
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${MARK}`],
  [/\b(token)\s+(?=\S*\d)[\w.~+/=-]{8,}/gi, `$1 ${MARK}`],
  [
    /\b(?:gh[pousr]_|github_pat_|glpat-|npm_|hf_|xox[abpr]-|[spr]k-|[spr]k_(?:live|test)_|AKIA|AIza)[\w-]{10,}/g,
    MARK,
  ],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, MARK],
  [
    /\b([\w-]*(?:token|secret|password|passwd|api[-_]?key)["']?\s*[:=]\s*["']?)[^\s"',;&]{4,}/gi,
    `$1${MARK}`,
  ],
];

/**
 * Text without credentials: user information of URLs, well-known forms of tokens, authorization headers, and `secrets`
 * whatever they look like.
 */
export function redactText(text: string, secrets: readonly string[] = []): string {
  let safe = hideSecrets(text, secretLines(secrets));
  for (const [pattern, replacement] of PATTERNS) safe = safe.replace(pattern, replacement);
  return safe;
}

/** The text without the lines that `secretLines` answered, whatever they look like. */
export function hideSecrets(text: string, lines: readonly string[]): string {
  let safe = text;
  for (const line of lines) safe = safe.replaceAll(line, MARK);
  return safe;
}

/** Output comes line by line, so a secret of several lines is one secret a line. Longest first: one may hold another. */
export function secretLines(secrets: readonly string[]): string[] {
  return secrets
    .flatMap((secret) => secret.split(/[\r\n]+/).map((line) => line.trim()))
    .filter((line) => line.length >= SECRET_MIN_CHARACTERS)
    .toSorted((a, b) => b.length - a.length);
}

/**
 * `redactText` for bytes that arrive in pieces of any size: gives out whole lines only (ended by newline or carriage
 * return), because the rest of a credential may still come. Holds at most one line of 8,192 characters; the rest of a
 * longer one is left out.
 */
export function createRedactor(
  onText: (text: string) => void,
  secrets: readonly string[] = [],
): { write(chunk: Uint8Array): void; end(): void } {
  const decoder = new TextDecoder();
  let held = "";
  let isCutting = false;

  const take = (text: string) => {
    const lastEnd = Math.max(text.lastIndexOf("\n"), text.lastIndexOf("\r")) + 1;
    const lines = text.slice(0, lastEnd).split(/(?<=[\r\n])/);
    let safe = "";
    for (const line of lines) {
      if (isCutting) isCutting = !/[\r\n]$/.test(line);
      else
        safe +=
          line.length > LINE_MAX_CHARACTERS
            ? `${cutLine(line, secrets)}\n`
            : redactText(line, secrets);
    }
    held = isCutting ? "" : text.slice(lastEnd);
    if (held.length > LINE_MAX_CHARACTERS) {
      safe += `${cutLine(held, secrets)}\n`;
      held = "";
      isCutting = true;
    }
    if (safe !== "") onText(safe);
  };

  return {
    write: (chunk) => take(held + decoder.decode(chunk, { stream: true })),
    end() {
      take(held + decoder.decode());
      const rest = redactText(held, secrets);
      held = "";
      if (rest !== "") onText(rest);
    },
  };
}

/** Ends at a space, and far enough from the cut that no half of a credential is shown. */
function cutLine(line: string, secrets: readonly string[]): string {
  const longest = secretLines(secrets)[0]?.length ?? 0;
  const start = line.slice(0, Math.max(0, LINE_MAX_CHARACTERS - longest));
  const end = Math.max(start.lastIndexOf(" "), 0);
  return `${redactText(start.slice(0, end), secrets)} … (line too long)`.trimStart();
}
