import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import asc from "assemblyscript/asc";

const folder = import.meta.dirname;
const generated = path.join(folder, "../scan-core-wasm.ts");

/** Compiles `scan-core.as`; the same source gives the same bytes everywhere. Throws what the compiler has to say. */
export async function compileCore(): Promise<Uint8Array> {
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
