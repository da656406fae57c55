import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { isBuildStale } from "./build-age.ts";
import { countTests, type TestCount } from "./count-tests.ts";
import { ensureBrowser } from "./ensure-browser.ts";
import { ensureGitLfs } from "./ensure-git-lfs.ts";
import { ensureS3Server } from "./ensure-s3-server.ts";
import { ensureSandbox } from "./ensure-sandbox.ts";

/** One step of the whole test command; those with a `report` leave JSON about single tests there. */
interface Stage {
  name: string;
  command: string;
  args: string[];
  report?: string;
}

interface StageResult extends TestCount {
  stage: Stage;
  isOk: boolean;
  logPath: string;
}

const TAIL_LINES = 60;
const folder = path.resolve(import.meta.dirname, "../.cache/test-all");

const npmRun = (name: string): Stage => ({ name, command: "npm", args: ["run", name] });

function vitest(project: string): Stage {
  const report = path.join(folder, `${project}.json`);
  const args = ["vitest", "run", "--project", project, "--passWithNoTests"];
  args.push("--reporter=default", "--reporter=json", `--outputFile.json=${report}`);
  return { name: project, command: "npx", args, report };
}

const endToEnd: Stage = {
  name: "e2e",
  command: "npx",
  args: ["playwright", "test", "--reporter=list,json"],
  report: path.join(folder, "e2e.json"),
};

/** Runs a stage to its end; its output is shown and kept, so that a failure can be told again at the end. */
async function runStage(stage: Stage): Promise<StageResult> {
  const startedAtMs = Date.now();
  const logPath = path.join(folder, `${stage.name.replace(":", "-")}.log`);
  console.log(`\n== ${stage.name}`);

  const logFile = createWriteStream(logPath);
  const env = {
    ...process.env,
    NEXT_TELEMETRY_DISABLED: "1",
    PLAYWRIGHT_JSON_OUTPUT_FILE: stage.report,
  };
  const child = spawn(stage.command, stage.args, { stdio: ["ignore", "pipe", "pipe"], env });
  for (const stream of [child.stdout, child.stderr]) {
    stream.pipe(process.stdout, { end: false });
    stream.pipe(logFile, { end: false });
  }
  const code = await new Promise<number | null>((resolve) => {
    child.once("error", () => resolve(null));
    child.once("close", resolve);
  });
  logFile.end();
  console.log(`== ${stage.name} took ${Math.round((Date.now() - startedAtMs) / 1000)} s`);
  return { stage, isOk: code === 0, logPath, ...countTests(stage.report) };
}

/** A stage that failed without a failed test (a crash, a lint error) counts as one failure. */
const failures = ({ isOk, failed }: StageResult) => (isOk ? failed : Math.max(1, failed));

function printFailure({ stage, logPath }: StageResult): void {
  const tail = readFileSync(logPath, "utf8").trimEnd().split("\n").slice(-TAIL_LINES);
  console.log(`\n== ${stage.name} failed; the end of its output:\n${tail.join("\n")}`);
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
ensureBrowser();
ensureS3Server();
ensureSandbox();
ensureGitLfs();

const stages = [
  ...(isBuildStale() ? [npmRun("build")] : []),
  npmRun("check"),
  ...["unit", "integration", "large"].map(vitest),
  endToEnd,
];
// Waits for minutes, and does nothing meanwhile.
const idling = runStage(vitest("idle"));
const results: StageResult[] = [];
for (const stage of stages) results.push(await runStage(stage));
results.push(await idling);

for (const result of results) if (failures(result) > 0) printFailure(result);

const sum = (numbers: number[]) => numbers.reduce((total, one) => total + one, 0);
const passed = sum(results.map((result) => result.passed));
const failed = sum(results.map(failures));
const skipped = sum(results.map((result) => result.skipped));
console.log(`\n${skipped} skipped`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
