import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type ContentBlock, RequestError } from "@agentclientprotocol/sdk";

const LOCKED = "locked";

/** Modes and models that tests choose from: they change nothing but what `@settings` says. */
export function createTestSettings() {
  const current = { mode: "build", model: "mill/fast" };

  const modelOption = () => ({
    id: "model",
    name: "Model",
    category: "model" as const,
    type: "select" as const,
    currentValue: current.model,
    options: [
      { value: "mill/fast", name: "Fast" },
      { value: "mill/slow", name: "Slow", description: "Thinks longer" },
    ],
  });

  return {
    modes: () => ({
      currentModeId: current.mode,
      availableModes: [
        { id: "build", name: "Build", description: "Writes files" },
        { id: "plan", name: "Plan", description: "Only looks" },
        { id: LOCKED, name: "Locked" },
      ],
    }),
    configOptions: () => [modelOption()],
    setMode(modeId: string): void {
      if (modeId === LOCKED) throw RequestError.invalidParams(undefined, "This mode is locked");
      current.mode = modeId;
    },
    setModel(value: string): void {
      current.model = value;
    },
    describe: () => `mode ${current.mode}, model ${current.model}`,
  };
}

/** What came with a prompt, in the order in which it came. */
export async function describeFiles(blocks: readonly ContentBlock[]): Promise<string> {
  const lines = blocks.map(async (block) => {
    if (block.type === "image")
      return `image ${block.mimeType} ${Buffer.from(block.data, "base64").length}`;
    if (block.type !== "resource_link") return "";
    const text = await readFile(fileURLToPath(block.uri), "utf8");
    return `file ${block.name} ${text.slice(0, 40)}`;
  });
  return (await Promise.all(lines)).filter(Boolean).join("\n");
}
