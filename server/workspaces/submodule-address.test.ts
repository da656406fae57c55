import { expect, test } from "vitest";
import type { Repository } from "#lib/repository.ts";
import { parseSubmoduleAddress } from "./submodule-address.ts";

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

test("beside a folder of this machine is a folder of this machine", () => {
  expect(addressOf("../wheel", folder)).toBe("/srv/ada/wheel");
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

test("a folder's submodule leads no further than beside it, and not elsewhere on the machine", () => {
  expect(() => addressOf("../../wheel", folder)).toThrow("leads too far up");
  expect(() => addressOf("/srv/ada/wheel", folder)).toThrow("is no address");
  expect(() => addressOf("file:///srv/ada/wheel", folder)).toThrow("Folders of this machine");
});
