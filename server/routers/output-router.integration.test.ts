import { expect, test } from "vitest";
import type { Viewer } from "#server/accounts/viewer.ts";
import { useOutputWeb } from "#server/http/testing/use-output-web.ts";
import { owner } from "#server/sessions/testing/test-server.ts";
import { createCaller } from "./app-router.ts";

const web = useOutputWeb();
const bytes = Buffer.from("bytes");

const call = (viewer: Viewer = owner) => {
  const callerGone = () => new AbortController().signal;
  return createCaller({ services: web.services, viewer, callerGone }).output;
};

const store = (port: string, mime: string) => web.store(bytes, { port, mime, name: null });

test("outputs are found by kind, by words of their names and by port, newest first", async () => {
  const { sessionId } = web;
  const picture = await store("shots/Front_Page.png", "image/png");
  const log = await store("build.log", "text/plain; charset=utf-8");
  const table = await store("pages.csv", "text/csv");
  const archive = await store("front.zip", "application/zip");
  const again = await store("shots/Front_Page.png", "image/png");
  const found = async (search: Omit<Parameters<ReturnType<typeof call>["list"]>[0], "sessionId">) =>
    (await call().list({ sessionId, ...search })).outputs.map(({ outputId }) => outputId);
  expect(await found({})).toEqual([again, archive, table, log, picture]);
  expect(await found({ kind: "picture" })).toEqual([again, picture]);
  expect(await found({ kind: "text" })).toEqual([log]);
  expect(await found({ kind: "table" })).toEqual([table]);
  expect(await found({ kind: "other" })).toEqual([archive]);
  expect(await found({ text: "FRONT_p" })).toEqual([again, picture]);
  expect(await found({ text: "%" })).toEqual([]);
  expect(await found({ port: "build.log", before: again })).toEqual([log]);
});

test("a long list comes page by page, and nothing twice", async () => {
  const { sessionId } = web;
  const ids: string[] = [];
  for (let n = 0; n < 52; n += 1) ids.unshift(await store(`file ${n}`, "text/plain"));
  const first = await call().list({ sessionId });
  const second = await call().list({ sessionId, before: first.next! });
  expect([...first.outputs, ...second.outputs].map(({ outputId }) => outputId)).toEqual(ids);
  expect(second.next).toBeNull();
});

test("outputs are told by the turns that they began in, of each the newest and how many there are", async () => {
  const { sessionId } = web;
  const ids: string[] = [];
  for (let n = 0; n < 8; n += 1) ids.push(await store(`file ${n}`, "text/plain"));
  const { outputs } = await call().list({ sessionId });
  const seqs = outputs.map(({ firstSeq }) => firstSeq).toReversed();
  const [, second = 0, , , , , , last = 0] = seqs;
  // What began before the first turn that is asked for belongs to none.
  const turns = async (until: number | null) =>
    (await call().ofTurns({ sessionId, starts: [second, last], until })).map(
      ({ start, total, outputs: those }) => [start, total, those.map(({ outputId }) => outputId)],
    );
  expect(await turns(null)).toEqual([
    [second, 6, ids.slice(3, 7)],
    [last, 1, ids.slice(7)],
  ]);
  expect(await turns(last - 1)).toEqual([[second, 6, ids.slice(3, 7)]]);
});

test("what is still written keeps its place before newer outputs of its turn", async () => {
  const writer = await web.open({ port: "build.log", mime: "text/plain" });
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1) ids.push(await store(`file ${n}`, "text/plain"));
  const { sessionId } = web;
  const { firstSeq } = await call().get({ outputId: writer.outputId });
  const shown = async () => {
    const [turn] = await call().ofTurns({ sessionId, starts: [firstSeq], until: null });
    return turn!.outputs.map(({ outputId }) => outputId);
  };
  expect(await shown()).toEqual([writer.outputId, ...ids.slice(2)]);
  await writer.complete();
  expect(await shown()).toEqual(ids.slice(1));
});

test("nobody else is told of them", async () => {
  const { sessionId } = web;
  await store("file", "text/plain");
  const stranger: Viewer = { ...owner, teamId: "team_other" };
  const refused = { code: "NOT_FOUND" };
  await expect(call(stranger).list({ sessionId })).rejects.toMatchObject(refused);
  const [output] = (await call().list({ sessionId })).outputs;
  const { outputId } = output!;
  expect(await call().get({ outputId })).toEqual(output);
  await expect(call(stranger).get({ outputId })).rejects.toMatchObject(refused);
  const query = { sessionId, starts: [0], until: null };
  await expect(call(stranger).ofTurns(query)).rejects.toMatchObject(refused);
});
