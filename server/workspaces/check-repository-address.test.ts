import { describe, expect, test } from "vitest";
import { checkRepositoryAddress } from "./check-repository-address.ts";

const check = (
  url: string,
  { answer = ["140.82.121.4"], allowed = [] }: { answer?: string[]; allowed?: string[] } = {},
) =>
  checkRepositoryAddress(new URL(url), {
    allowedPrivateHosts: allowed,
    signal: new AbortController().signal,
    resolveHost: () => Promise.resolve(answer),
  });

describe("checkRepositoryAddress", () => {
  test("pins a public host to the addresses that were checked", async () => {
    const answer = ["140.82.121.4", "2606:4700::1"];
    expect(await check("https://example.org/a", { answer })).toMatchObject({
      addresses: answer,
      pin: "example.org:443:140.82.121.4,[2606:4700::1]",
    });
    expect(await check("https://example.org:8443/a")).toMatchObject({
      pin: "example.org:8443:140.82.121.4",
    });
  });

  test.each([
    [["127.0.0.1"]],
    [["10.1.2.3"]],
    [["169.254.169.254"]],
    [["::1"]],
    [["::ffff:10.0.0.1"]],
    [["fe80::1%eth0"]],
    // One public address does not make up for a private one: git would choose.
    [["140.82.121.4", "192.168.0.1"]],
    [[]],
  ])("refuses a name that leads to %j", async (answer) => {
    await expect(check("https://example.org/a", { answer })).rejects.toMatchObject({
      code: "invalid_input",
    });
  });

  test("refuses private addresses in the URL itself, and plain http", async () => {
    await expect(check("https://127.0.0.1/a")).rejects.toMatchObject({ code: "invalid_input" });
    await expect(check("https://[::1]/a")).rejects.toMatchObject({ code: "invalid_input" });
    await expect(check("http://example.org/a")).rejects.toMatchObject({ code: "invalid_input" });
    await expect(check("ftp://example.org/a")).rejects.toMatchObject({ code: "invalid_input" });
  });

  test("accepts what the configuration allows, on that port only", async () => {
    const allowed = ["127.0.0.1:8080", "git.intern"];
    expect(await check("http://127.0.0.1:8080/a", { allowed })).toMatchObject({ pin: null });
    expect(await check("http://git.intern/a", { allowed, answer: ["10.0.0.1"] })).toMatchObject({
      pin: "git.intern:80:10.0.0.1",
    });
    await expect(check("http://127.0.0.1:8081/a", { allowed })).rejects.toMatchObject({
      code: "invalid_input",
    });
  });

  test("says when a name cannot be resolved, and stops waiting when aborted", async () => {
    const rules = { allowedPrivateHosts: [], signal: new AbortController().signal };
    const fail = () => Promise.reject(new Error("ENOTFOUND"));
    await expect(
      checkRepositoryAddress(new URL("https://example.org/a"), { ...rules, resolveHost: fail }),
    ).rejects.toMatchObject({ code: "unavailable", details: { reason: "network" } });

    const controller = new AbortController();
    const waiting = checkRepositoryAddress(new URL("https://example.org/a"), {
      allowedPrivateHosts: [],
      signal: controller.signal,
      resolveHost: () => new Promise(() => {}),
    });
    controller.abort(new Error("stopped"));
    await expect(waiting).rejects.toThrow("stopped");
  });
});
