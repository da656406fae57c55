import { afterAll, beforeAll, beforeEach } from "vitest";
import { createMessageId, createPartId, createSessionId, createShareId } from "#lib/ids.ts";
import { localOwner } from "#server/accounts/local-owner.ts";
import type { Viewer } from "#server/accounts/viewer.ts";
import { startTestWeb, type TestWeb } from "#server/http/testing/test-web.ts";
import type { ItemInput } from "#server/items/item-input.ts";
import { writeItems } from "#server/items/write-items.ts";
import { createShare } from "../create-share.ts";
import { newShare, type NewShare } from "../new-share.ts";

export const owner: Viewer = { ...localOwner, role: "owner", scopes: null };

export interface SharesTest {
  web: TestWeb;
  /** A new one for each test. */
  sessionId: string;
  write(items: ItemInput[]): Promise<number>;
  share(wishes?: Partial<NewShare>): Promise<{ shareId: string; token: string }>;
  get(
    token: string,
    rest: string,
    cookie?: string,
  ): Promise<{ status: number; headers: string; text: string }>;
}

/** A server with its port open, and an idle session of the local owner. */
export function useSharesTest(): SharesTest {
  const harness: SharesTest = {
    web: undefined as unknown as TestWeb,
    sessionId: "",
    async write(items) {
      const { lastSeq } = await writeItems(harness.web.server.services, {
        sessionId: harness.sessionId,
        generation: 1,
        items,
      });
      return lastSeq;
    },
    share(wishes = {}) {
      const { sessionId } = harness;
      const share = newShare.parse({
        shareId: createShareId(),
        sessionId,
        mode: "live",
        ...wishes,
      });
      const access = { sessionId, generation: 1, teamId: owner.teamId };
      return createShare(harness.web.server.services.database, { viewer: owner, access, share });
    },
    async get(token, rest, cookie) {
      const headers = new Headers(cookie === undefined ? [] : [["cookie", cookie]]);
      const address = `${harness.web.url}/api/v1/shares/${token}`;
      const response = await fetch(rest === "" ? address : `${address}/${rest}`, { headers });
      return {
        status: response.status,
        headers: JSON.stringify([...response.headers]),
        text: await response.text(),
      };
    },
  };
  beforeAll(async () => {
    harness.web = await startTestWeb();
  });
  afterAll(() => harness.web.close());
  beforeEach(async () => {
    harness.sessionId = createSessionId();
    await harness.web.server.services.database.sql`
      insert into sessions (id, team_id, owner_id, status, title, title_source, setup_commands, environment)
      values (${harness.sessionId}, ${owner.teamId}, ${owner.userId}, 'idle', 'Harvest', 'prompt', '[]', '{}')`;
  });
  return harness;
}

/** The same items, taken away. */
export const deletedOf = (items: readonly ItemInput[]): ItemInput[] =>
  items.map(({ type, messageId, partId }) => ({
    type,
    messageId,
    partId,
    body: "",
    deleted: true,
  }));

let clockMs = Date.UTC(2026, 0, 5);

/** A prompt and its answer with reasoning, a tool's call and a text. */
export function turn(prompt: string, answer: string, output = "the output"): ItemInput[] {
  const [promptId, answerId] = [createMessageId(), createMessageId()];
  clockMs += 60_000;
  const created = clockMs;
  const message = (id: string, data: object): ItemInput => ({
    type: "message",
    messageId: id,
    partId: "",
    body: JSON.stringify({ id, ...data }),
  });
  const part = (messageId: string, data: object): ItemInput => {
    const id = createPartId();
    return {
      type: "part",
      messageId,
      partId: id,
      body: JSON.stringify({ id, messageID: messageId, ...data }),
    };
  };
  return [
    message(promptId, { role: "user", time: { created } }),
    part(promptId, { type: "text", text: prompt }),
    message(answerId, {
      role: "assistant",
      time: { created: created + 1 },
      path: { cwd: "/home/ann/orchard", root: "/home/ann/orchard" },
      system: "the system prompt",
    }),
    part(answerId, { type: "reasoning", text: "the reasoning" }),
    part(answerId, {
      type: "tool",
      tool: "bash",
      callID: "call_1",
      state: {
        status: "completed",
        input: { command: "cat /home/ann/orchard/a.txt" },
        output,
        title: "cat",
        metadata: { output },
      },
    }),
    part(answerId, { type: "text", text: answer }),
  ];
}
