/** What a command says: results to standard output, everything on the way there to standard error. */
export interface Terminal {
  print(line: string): void;
  /**
   * A line that the next one replaces, behind a bar where it is known how far that is, from 0 to 1; on what is no
   * terminal, a line now and then.
   */
  progress(line: string, share?: number): void;
  note(line: string): void;
}

const LINE_INTERVAL_MS = 10_000;
const BAR_CHARACTERS = 24;
/** Of a terminal that does not say. */
const COLUMNS = 80;

function drawBar(share: number): string {
  const filled = Math.round(BAR_CHARACTERS * Math.min(1, Math.max(0, share || 0)));
  return `[${"#".repeat(filled).padEnd(BAR_CHARACTERS, ".")}]`;
}

export function createTerminal({
  stdout,
  stderr,
}: Pick<NodeJS.Process, "stdout" | "stderr">): Terminal {
  let isOpen = false;
  let lastLineMs = -Infinity;
  const endLine = () => {
    if (isOpen) stderr.write("\n");
    isOpen = false;
  };
  return {
    print(line) {
      endLine();
      stdout.write(`${line}\n`);
    },
    note(line) {
      endLine();
      stderr.write(`${line}\n`);
    },
    progress(line, share) {
      if (stderr.isTTY) {
        const whole = share === undefined ? line : `${drawBar(share)} ${line}`;
        // A line that is broken cannot be replaced.
        stderr.write(`\r\u001B[K${whole.slice(0, (stderr.columns || COLUMNS) - 1)}`);
        isOpen = true;
        return;
      }
      if (performance.now() - lastLineMs < LINE_INTERVAL_MS) return;
      lastLineMs = performance.now();
      stderr.write(`${line}\n`);
    },
  };
}
