import { beforeAll, describe, expect, test } from "vitest";
import type { SandboxDriver } from "../sandbox.ts";
import { describeIsolation } from "../testing/describe-isolation.ts";
import { describeLimits } from "../testing/describe-limits.ts";
import { finish, useSession } from "../testing/use-session.ts";
import { findDocker } from "./find-docker.ts";
import { containerLabels } from "./orphans.ts";
import { findTestDocker } from "./testing/test-docker.ts";

const docker = await findTestDocker();
const place = typeof docker === "string" ? null : docker;

describe.skipIf(place === null)("docker", () => {
  let driver: SandboxDriver;
  beforeAll(async () => {
    const found = await findDocker({ ...place!, processorCount: null });
    if (typeof found === "string") throw new Error(found);
    driver = found;
  });
  describeIsolation(() => driver);
  describeLimits(() => driver, { tellsOfProcesses: false });
  const { at, prepare, run, start } = useSession(() => driver);

  const listNames = async () => {
    const label = `millrace.folder=${at("session")}`;
    return place!.engine.listContainers({ all: true, filters: { label: [label] } });
  };

  test("a program that has ended leaves no container", async () => {
    await run("exit 5");
    expect(await listNames()).toEqual([]);
  });

  test("containers of a server that was killed go before the session goes on", async () => {
    const labels = containerLabels({
      sessionId: "ses_1",
      generation: 1,
      folder: at("session"),
      sandboxId: "left",
    });
    const leave = (server: string) =>
      place!.engine.createContainer({
        Image: place!.image,
        Cmd: ["/bin/sleep", "60"],
        Labels: { ...labels, "millrace.server": server },
      });
    await leave("another-host 7 1");
    expect(await listNames()).toHaveLength(1);
    await prepare();
    expect(await listNames()).toEqual([]);
  });

  test("one of our own that nobody answers for goes, and what is at work stays", async () => {
    const child = await start("read -r line; echo $line");
    const session = { sessionId: "ses_1", generation: 1, folder: at("session") };
    const Labels = containerLabels({ ...session, sandboxId: "left" });
    await place!.engine.createContainer({ Image: place!.image, Cmd: ["/bin/sleep"], Labels });
    expect(await listNames()).toHaveLength(2);
    const stop = driver.keep!();
    await stop();
    expect(await listNames()).toHaveLength(1);
    child.stdin.write("goes on\n");
    expect(await finish(child)).toMatchObject({ code: 0, out: "goes on" });
  });

  test("an image that the daemon does not have is named", async () => {
    const image = "millrace-no-such-image";
    expect(await findDocker({ ...place!, image, processorCount: null })).toBe(
      "the image millrace-no-such-image is not on this machine: run docker pull millrace-no-such-image",
    );
  });
});

test.runIf(place === null)("without a daemon sessions in containers are not tested", (context) => {
  context.skip(docker as string);
});
