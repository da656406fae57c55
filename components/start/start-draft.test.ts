import { describe, expect, test } from "vitest";
import {
  draftFromLink,
  emptyDraft,
  restoreDraft,
  storeDraft,
  toStartInput,
} from "./start-draft.ts";

describe("a link", () => {
  test("fills what it names, the first value of each", () => {
    expect(
      draftFromLink({
        repo: "owner/name",
        prompt: ["One", "Two"],
        branch: "dev",
        agent: "opencode",
      }),
    ).toEqual({
      ...emptyDraft,
      prompt: "One",
      repository: "owner/name",
      branch: "dev",
      agentId: "opencode",
    });
  });

  test("without repository and prompt is no draft", () => {
    expect(draftFromLink({ branch: "dev", prompt: "  " })).toBeNull();
  });
});

test("a start carries only what was filled in", () => {
  expect(toStartInput({ ...emptyDraft, prompt: " Do it ", repository: "owner/name" })).toEqual({
    prompt: "Do it",
    repository: "owner/name",
  });
  const full = {
    ...emptyDraft,
    prompt: "Do it",
    repository: "owner/name",
    branch: "dev",
    agentId: "qwen",
    setupCommands: "npm ci\n\n  npm run build  \n",
    environment: [
      { name: " TOKEN ", value: " kept as is " },
      { name: "", value: "nameless" },
    ],
  };
  expect(toStartInput(full)).toMatchObject({
    branch: "dev",
    agent: "qwen",
    setupCommands: ["npm ci", "npm run build"],
    environment: { TOKEN: " kept as is " },
  });
});

test("a stored draft comes back, without the values of variables", () => {
  const draft = {
    ...emptyDraft,
    prompt: "Do it",
    environment: [{ name: "TOKEN", value: "secret" }],
  };
  expect(storeDraft(draft)).not.toContain("secret");
  expect(restoreDraft(storeDraft(draft))).toEqual({
    ...draft,
    environment: [{ name: "TOKEN", value: "" }],
  });
  for (const stored of [null, "", "{", "[]", "5"]) expect(restoreDraft(stored)).toBeNull();
});

test("an environment is named, or none, and either is kept", () => {
  for (const profile of ["Web", null]) {
    const draft = { ...emptyDraft, profile };
    expect(toStartInput(draft)).toMatchObject({ profile });
    expect(restoreDraft(storeDraft(draft))).toEqual(draft);
  }
  expect(toStartInput(emptyDraft)).not.toHaveProperty("profile");
});
