import { expect, test } from "vitest";
import type { Repository } from "#lib/repository.ts";
import { mayBePrivate, mayHaveCredential } from "./own-server.ts";

const at = (url: string): Repository => ({ kind: "https", url, label: url, key: url });
const wayOf = (...texts: string[]) => texts.map((text) => new URL(text));

const mill = "https://git.example/ada/mill";
const lfs = `${mill}.git/info/lfs`;

test.each([
  [mill, [lfs], true],
  [mill, [lfs, "https://git.example/ada/parts/1"], true],
  [mill, [lfs, "https://git.example/bob/mill.git/info/lfs"], false],
  [mill, [lfs, "https://git.example/adam/1"], false],
  [mill, [lfs, "https://git.example:8443/ada/mill.git/1"], false],
  [mill, [lfs, "http://git.example/ada/mill.git/1"], false],
  [mill, ["https://files.example/", "https://git.example/ada/mill.git/1"], false],
  [mill, [lfs, "https://files.example/1", "https://git.example/ada/mill.git/1"], false],
  [mill, [lfs, "https://git.example/ada/mill.git/..%2f..%2fbob/1"], false],
  [mill, [lfs, "https://git.example/ada/mill.git/..;/bob"], false],
  [mill, [], false],
  ["https://git.example/gitea/ada/mill", ["https://git.example/gitea/ada/1"], true],
  ["https://git.example/gitea/ada/mill", ["https://git.example/gitea/bob/1"], false],
  ["https://git.example/a%20b/mill", ["https://git.example/a%20b/mill.git/info/lfs"], true],
  ["https://git.example/mill.git", ["https://git.example/mill.git/info/lfs"], true],
  ["https://git.example/mill.git", ["https://git.example/wheel.git/info/lfs"], false],
])("the credential of %s on the way %j: %s", (url, way, isMeant) => {
  expect(mayHaveCredential(at(url), wayOf(...way))).toBe(isMeant);
});

test.each([
  [["https://lfs.internal/"], true],
  [[lfs, "https://lfs.internal/1"], true],
  [["https://lfs.internal/", "https://lfs.internal/1"], true],
  [["https://files.example/", "https://lfs.internal/1"], false],
  [[lfs, "https://files.example/1", "https://lfs.internal/1"], false],
])("an address that is allowed to be private at the end of %j: %s", (way, isAllowed) => {
  expect(mayBePrivate(at(mill), wayOf(...way), ["lfs.internal"])).toBe(isAllowed);
});
