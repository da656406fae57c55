import { expect, test } from "vitest";
import { AppError } from "#lib/errors.ts";
import { takeOfferedModes } from "./take-offered-modes.ts";

type Connection = Parameters<typeof takeOfferedModes>[0]["connection"];

const offered = [
  { id: "mode", category: "mode", value: "kilo", choices: [{ value: "code" }, { value: "ask" }] },
  { id: "model", category: "model", value: "kilo", choices: [{ value: "small" }] },
  { id: "other", category: "mode", value: "known", choices: [{ value: "known" }] },
];

/** What was said, and what was told to the agent, which answers with `error`. */
async function take(error?: Error) {
  const said: string[] = [];
  const told: string[] = [];
  const connection = {
    settings: { get: () => ({ options: offered, commands: [] }) },
    async setOption({ optionId, value }: { optionId: string; value: string }) {
      told.push(`${optionId} ${value}`);
      if (error) throw error;
    },
  } as unknown as Connection;
  const { signal } = new AbortController();
  const onOutput = (text: string) => void said.push(text);
  await takeOfferedModes({ connection, sessionId: "s", signal, onOutput });
  return { said, told };
}

test("a mode that the agent does not offer gives way to the first that it offers", async () => {
  expect(await take()).toEqual({ said: [], told: ["mode code"] });
});

test("a mode that the agent refuses is told, and the session goes on", async () => {
  const details = { reason: "option_refused" };
  expect(await take(new AppError("conflict", "Kilo does not take it", { details }))).toEqual({
    said: ["Kilo does not take it\n"],
    told: ["mode code"],
  });
});

test("an agent that is gone loads nothing", async () => {
  await expect(take(new AppError("unavailable", "Kilo has ended"))).rejects.toThrow("has ended");
});
