import { expect, test } from "vitest";
import type { Repository } from "#lib/repository.ts";
import { isOfSameOwner, parseSubmoduleAddress } from "./submodule-address.ts";

const web: Repository = {
  kind: "https",
  url: "https://git.example/ada/mill",
  label: "git.example/ada/mill",
  key: "https://git.example/ada/mill",
};
const folder: Repository = { kind: "path", url: "/srv/ada/mill", label: "", key: "" };

const addressOf = (text: string, parent = web) =>
  parseSubmoduleAddress(text, { parent, allowedPrivateHosts: [] }).url;

test.each([
  ["https://git.example/wheel.git", "https://git.example/wheel.git"],
  ["../wheel", "https://git.example/ada/wheel"],
  ["../../bob/wheel.git", "https://git.example/bob/wheel.git"],
  ["./parts/wheel", "https://git.example/ada/mill/parts/wheel"],
  ["git@github.com:ada/wheel.git", "https://github.com/ada/wheel.git"],
  ["ssh://git@git.example/ada/wheel", "https://git.example/ada/wheel"],
])("%s is %s", (text, url) => {
  expect(addressOf(text)).toBe(url);
});

test.each([
  ["file:///etc/wheel"],
  ["/etc/wheel"],
  ["ext::sh -c id"],
  ["ssh://other@git.example/wheel"],
  ["git@git.example:/etc/wheel"],
  ["http://git.example/wheel"],
  ["https://127.0.0.1/wheel"],
  ["https://user:secret@git.example/wheel"],
  ["../../../wheel"],
  ["../../../../etc/wheel"],
  ["-upload-pack=id"],
  ["ada/wheel"],
  [""],
  [".."],
])("%s is refused", (text) => {
  expect(() => addressOf(text)).toThrow(/./);
});

test("no submodule is a folder of this machine, not even of a folder's", () => {
  expect(() => addressOf("../wheel", folder)).toThrow("leads to a folder of this machine");
  expect(() => addressOf("/srv/ada/wheel", folder)).toThrow("is no address");
  expect(() => addressOf("file:///srv/ada/wheel", folder)).toThrow("Folders of this machine");
});

test.each([
  ["https://git.example/ada/wheel", true],
  ["https://git.example/Ada/parts/wheel.git", true],
  ["https://git.example/bob/wheel", false],
  ["https://git.example:8443/ada/wheel", false],
  ["https://github.com/ada/wheel", false],
  ["https://git.example/ada", false],
  ["https://git.example//ada/wheel", false],
  ["https://git.example/ada/..%2fbob/wheel", false],
  ["https://git.example/ada/../bob/wheel", false],
])("a credential for git.example/ada/mill also for its submodule %s: %s", (url, isOpened) => {
  expect(isOfSameOwner({ ...web, url }, web)).toBe(isOpened);
});

test("a folder has no owner", () => {
  expect(isOfSameOwner(folder, folder)).toBe(false);
});
