import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { INLINE_ITEM_MAX_BYTES } from "#lib/limits.ts";
import { deleteItems } from "./delete-items.ts";
import type { ItemInput } from "./item-input.ts";
import { message } from "./testing/item-session.ts";
import { useItemsTest } from "./testing/use-items-test.ts";

const harness = useItemsTest();

const answerBy = (id: string, modelID: string, created: number) =>
  message(id, { role: "assistant", providerID: "acme", modelID, time: { created } });

describe("what items of a brought session say of it", () => {
  const claim = (type: string, body: unknown): ItemInput => ({
    type,
    messageId: "",
    partId: "",
    body: JSON.stringify(body),
  });
  const readClaims = async () => {
    const row = await harness.readSession();
    return {
      title: row["title"],
      parent: row["parent_id"],
      origin: row["git_origin"],
      branch: row["git_branch"],
      model: row["model"],
      status: row["reported_status"],
      end: row["reported_end"],
    };
  };

  test("is shown, and grants nothing", async () => {
    const before = await harness.readSession();
    await harness.write([
      claim("session", { title: "A title", parentID: "ses_parent", teamID: "other" }),
      claim("kilo_meta", {
        platform: "cli",
        orgId: "3b0f6bd6-0000-4000-8000-000000000000",
        gitUrl: "https://me:secret@host.test/owner/name?token=x",
        gitBranch: "main",
      }),
      claim("model", [{ id: "small" }, { id: "large" }]),
      claim("session_status", { status: "busy" }),
      claim("session_close", { reason: "interrupted" }),
    ]);
    expect(await readClaims()).toEqual({
      title: "A title",
      parent: "ses_parent",
      origin: "https://host.test/owner/name",
      branch: "main",
      model: "large",
      status: "busy",
      end: "interrupted",
    });
    const { team_id, owner_id, status, generation } = before;
    expect(await harness.readSession()).toMatchObject({ team_id, owner_id, status, generation });
  });

  test("follows the newest version of each item, in every order of arrival", async () => {
    const claims = fc.constantFrom<ItemInput>(
      claim("session", { title: "A", parentID: "ses_a" }),
      claim("session", { title: "A" }),
      claim("kilo_meta", { gitUrl: "https://host.test/a", gitBranch: "a" }),
      claim("kilo_meta", { gitUrl: "file:///home/me" }),
      { ...claim("kilo_meta", {}), deleted: true },
      claim("model", [{ id: "a" }]),
      claim("model", [{ id: "b" }]),
      claim("session_status", { status: "idle" }),
      claim("session_status", {}),
      claim("session_close", { reason: "error" }),
      answerBy("m1", "first", 1_000),
      answerBy("m2", "second", 2_000),
    );
    const scenario = fc.array(fc.array(claims, { maxLength: 4 }), { minLength: 1, maxLength: 5 });
    const orders = scenario.chain((uploads) =>
      fc.record({
        uploads: fc.constant(uploads),
        order: fc.shuffledSubarray([...uploads.keys()], { minLength: uploads.length }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(orders, async ({ uploads, order }) => {
        const results = [];
        for (const deliveries of [[...uploads.keys()], [...order, ...order]]) {
          await harness.startSession();
          for (const n of deliveries) await harness.write(uploads[n]!, { received: n + 1 });
          results.push(await readClaims());
        }
        expect(results[1]).toEqual(results[0]);
      }),
      { numRuns: 40 },
    );
  });

  test("counts the same when the item is so large that its body is a blob", async () => {
    const padding = "x".repeat(INLINE_ITEM_MAX_BYTES);
    await harness.write([
      claim("session", { padding, title: "Large", parentID: "ses_parent" }),
      claim("kilo_meta", { padding, gitBranch: "main" }),
    ]);
    expect(await readClaims()).toMatchObject({
      title: "Large",
      parent: "ses_parent",
      branch: "main",
    });
  });

  test("is gone with the generation that it was said in", async () => {
    const { sql } = harness.context.database;
    await harness.write([claim("session_status", { status: "busy" })]);
    await sql.begin((tx) => deleteItems(tx, harness.session.sessionId));
    expect(await readClaims()).toMatchObject({ status: null });
  });
});

test("refusals are gone with the generation, and are not counted any more", async () => {
  const { sql } = harness.context.database;
  await harness.write([{ type: "session", messageId: "", partId: "", body: "" }]);
  expect(await harness.readSession()).toMatchObject({ skipped_item_count: 1 });
  await sql.begin((tx) => deleteItems(tx, harness.session.sessionId));
  expect(await harness.readSession()).toMatchObject({ skipped_item_count: 0 });
});
