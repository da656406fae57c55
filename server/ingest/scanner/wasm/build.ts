import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";

const folder = import.meta.dirname;
/** By a name that is no literal: the types of the package would change those of arrays everywhere. */
const compiler: string = "assemblyscript/asc";

interface Compiler {
  main(
    args: string[],
    files: {
      readFile(name: string): string | null;
      writeFile(name: string, content: string | Uint8Array): void;
      listFiles(): string[];
    },
  ): Promise<{ error: Error | null; stderr: { toString(): string } }>;
}

const generated = path.join(folder, "../scan-core-wasm.ts");

/** Compiles `scan-core.as`; the same source gives the same bytes everywhere. Throws what the compiler has to say. */
export async function compileCore(): Promise<Uint8Array> {
  const { default: asc } = (await import(compiler)) as { default: Compiler };
  const source = await readFile(path.join(folder, "scan-core.as"), "utf8");
  let compiled: Uint8Array | undefined;
  const options = ["-O3", "--converge", "--noAssert", "--runtime", "stub", "--enable", "simd"];
  const { error, stderr } = await asc.main(["scan-core.ts", "--outFile", "out.wasm", ...options], {
    // The compiler wants its own ending; ours keeps the file from the other tools, whose TypeScript it is not.
    readFile: (name) => (name === "scan-core.ts" ? source : null),
    writeFile: (_, content) => {
      compiled = content as Uint8Array;
    },
    listFiles: () => [],
  });
  if (error !== null || compiled === undefined)
    throw new Error(`The core does not compile:\n${stderr.toString()}`, { cause: error });
  return compiled;
}

/** What `scan-core-wasm.ts` must be for this module. */
export function renderCore(module: Uint8Array): string {
  const base64 = Buffer.from(module).toString("base64");
  return `// Made of wasm/scan-core.as by \`npm run build:wasm\`.\nexport const scanCoreWasm =\n  "${base64}";\n`;
}

if (process.argv[1] === import.meta.filename) {
  await writeFile(generated, renderCore(await compileCore()));
}
