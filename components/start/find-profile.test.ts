import { expect, test } from "vitest";
import { findProfile } from "./find-profile.ts";

const offer = (name: string, repository: string, isDefault = false) => ({
  name,
  repository,
  isDefault,
  agent: null,
});
const all = offer("All", "", true);
const acme = offer("Acme", "https://github.com/acme/*");
const local = offer("Local", "http://127.0.0.1:8080/app", true);
const profiles = [all, acme, local];

test("a start gets the default one of its repository until somebody chooses", () => {
  const find = (repository: string, profile: string | null = "") =>
    findProfile(profiles, { repository, profile });
  expect(find("acme/app")).toEqual({ offered: [all, acme], usual: all, taken: all });
  expect(find("acme/app", "Acme").taken).toBe(acme);
  expect(find("acme/app", null).taken).toBeNull();
  expect(find("http://127.0.0.1:8080/app").taken).toBe(local);
});

test("while no repository is typed everything is offered and nothing is promised", () => {
  expect(findProfile(profiles, { repository: "", profile: "" })).toEqual({
    offered: profiles,
    usual: null,
    taken: null,
  });
});
