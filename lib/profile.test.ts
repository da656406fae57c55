import { expect, test } from "vitest";
import { findDefaultProfile, findMissingValues, isForRepository } from "./profile.ts";

const choice = (repository: string, isDefault = true) => ({
  name: repository,
  repository,
  isDefault,
});

test("of the defaults that fit, the longest pattern comes first", () => {
  const profiles = ["", "https://github.com/acme/*", "https://github.com/acme/app"].map((pattern) =>
    choice(pattern),
  );
  const find = (key: string) => findDefaultProfile(profiles, key)?.repository;
  expect(find("https://github.com/acme/app")).toBe("https://github.com/acme/app");
  expect(find("https://github.com/acme/web")).toBe("https://github.com/acme/*");
  expect(find("https://github.com/other/app")).toBe("");
  expect(findDefaultProfile([choice("", false)], "https://github.com/acme/app")).toBeNull();
});

test("a pattern is for whole keys, and its dots are dots", () => {
  expect(isForRepository(choice("https://git.test/a*"), "https://git.test/app")).toBe(true);
  expect(isForRepository(choice("https://git.test/a"), "https://git.test/app")).toBe(false);
  expect(isForRepository(choice("https://git.test/a*"), "https://git-test/app")).toBe(false);
  expect(isForRepository(choice("file:///srv/*"), "file:///srv/a/b")).toBe(true);
});

test("what MCP servers name and nobody has is told once for each server", () => {
  const mcpServers = [
    {
      type: "stdio" as const,
      name: "a",
      command: "a",
      args: ["${IGNORED}"],
      environment: { X: "${A}${B}${A}" },
    },
    { type: "http" as const, name: "b", url: "https://b.test/${C}", headers: { H: "${A}" } },
  ];
  expect(findMissingValues({ variables: { B: "" }, mcpServers }, ["C"])).toEqual([
    { server: "a", name: "A" },
    { server: "b", name: "A" },
  ]);
});
