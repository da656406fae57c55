import { expect, test } from "vitest";
import { z } from "zod";
import { describeIssue } from "./describe-issue.ts";

const schema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1_000).default(1),
  strict: z.enum(["0", "1"]).default("0"),
  name: z.string().min(1).max(3).optional(),
  set: z.record(z.string(), z.string()).optional(),
});

test.each([
  [{ limit: "abc" }, "This is not a number"],
  [{ limit: "1.5" }, "This is not a whole number"],
  [{ limit: 0 }, "This is not at least 1"],
  [{ limit: 5_000 }, "This is not at most 1,000"],
  [{ strict: 2 }, "This is not one of 0, 1"],
  [{ name: 5 }, "This is not a text"],
  [{ name: "" }, "This is empty"],
  [{ name: "long" }, "This has not at most 3 characters"],
  [{ set: "x" }, "This is not an object"],
  [{ colour: "red" }, 'There is no field "colour"'],
  [5, "This is not an object"],
])("%j is refused in plain words", (part, words) => {
  const { error } = schema.safeParse(part, { error: describeIssue });
  expect(error?.issues[0]?.message).toBe(words);
});
