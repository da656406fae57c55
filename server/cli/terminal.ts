/** What a command says: results to standard output, everything on the way there to standard error. */
export interface Terminal {
  print(line: string): void;
  /** A line that the next one replaces; on what is no terminal, a line now and then. */
  progress(line: string): void;
  note(line: string): void;
}

const LINE_INTERVAL_MS = 10_000;

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
    progress(line) {
      if (stderr.isTTY) {
        stderr.write(`\r\u001B[K${line}`);
        isOpen = true;
        return;
      }
      if (performance.now() - lastLineMs < LINE_INTERVAL_MS) return;
      lastLineMs = performance.now();
      stderr.write(`${line}\n`);
    },
  };
}
