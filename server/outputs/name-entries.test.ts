import { expect, test } from "vitest";
import { nameEntries } from "./name-entries.ts";

const named = (...ports: string[]) => ports.map(nameEntries());

test("a name is the port, and the next of it has a number before its ending", () => {
  expect(named("shots/1.png", "shots/1.PNG", "log", "shots/1.png", "Log", "a/.env")).toEqual([
    "shots/1.png",
    "shots/1 (2).PNG",
    "log",
    "shots/1 (3).png",
    "Log (2)",
    "a/.env",
  ]);
});

test("a number that a port has already is left out", () => {
  expect(named("a.txt", "a (2).txt", "a.txt", "a (2).txt")).toEqual([
    "a.txt",
    "a (2).txt",
    "a (3).txt",
    "a (2) (2).txt",
  ]);
});

test("what some systems refuse in names is replaced, and still no name comes twice", () => {
  expect(named("C: notes.txt", "a:b.txt", "a_b.txt", 'x<>"|?*/y', "tab\there")).toEqual([
    "C_ notes.txt",
    "a_b.txt",
    "a_b (2).txt",
    "x______/y",
    "tab_here",
  ]);
});

test("as many outputs of one port as a session can have are named without counting through them all", () => {
  const nameOf = nameEntries();
  const names = Array.from({ length: 10_000 }, () => nameOf("build.log"));
  expect(new Set(names).size).toBe(10_000);
  expect(names.at(-1)).toBe("build (10000).log");
});
