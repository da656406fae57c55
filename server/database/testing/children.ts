import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

export interface TestChild<Answer> {
  pid: number;
  /** The first line that the child printed, parsed: it is up. */
  answer: Answer;
  /** Closes its standard input, which tells it to end in order, and waits for that. */
  end(): Promise<void>;
  /** kill -9, and waits until it is gone. */
  kill(): Promise<void>;
}

interface StartChildOptions {
  /** File beside this one. */
  file: string;
  args: string[];
  uid?: number;
  gid?: number;
}

/** Runs a file of this folder in a Node process of its own, so that a test can kill it. */
export async function startChild<Answer>({
  file,
  args,
  ...user
}: StartChildOptions): Promise<TestChild<Answer>> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", path, ...args], {
    ...user,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const answer = (await readAnswer(child)) as Answer;
  return {
    pid: child.pid ?? 0,
    answer,
    async end() {
      child.stdin.end();
      await exited;
    },
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** Lines of the log come first or in between; the answer is the line that starts with `answer `. */
async function readAnswer(child: ChildProcessByStdio<Writable, Readable, null>): Promise<unknown> {
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith("answer ")) {
      child.stdout.resume();
      return JSON.parse(line.slice("answer ".length));
    }
  }
  throw new Error("The child ended without an answer");
}
