import type { Page } from "@playwright/test";
import { createSessionId } from "#lib/ids.ts";
import { documentOf, turnItems, type SessionItem } from "./support/session-files.ts";
import { expect, test } from "./support/test.ts";

const code = 'export const answer = "forty-two";';
const output = Array.from({ length: 3_000 }, (_, index) => `line ${index + 1} of the output`).join(
  "\n",
);

/** Opens a session with one turn, and answers with the id of its tool's part. */
async function openSession(page: Page, { change }: { change?: (tool: SessionItem) => void } = {}) {
  const sessionId = createSessionId();
  const items = turnItems("Show it", `Here it is:\n\n\`\`\`ts\n${code}\n\`\`\``, output);
  const tool = items.find(({ data }) => data["type"] === "tool");
  if (!tool) throw new Error("a turn has a tool");
  change?.(tool);
  const response = await page.request.post(`/api/v1/sessions/${sessionId}/ingest`, {
    headers: { "content-type": "application/json" },
    data: documentOf(items),
  });
  expect(response.status(), await response.text()).toBe(200);
  return { address: `/sessions/${sessionId}`, partId: String(tool.data["id"]) };
}

test("lines of an output have addresses", async ({ page }) => {
  const { address, partId } = await openSession(page);
  await page.goto(`${address}#${partId}:L2500-L2501`);
  const marked = page.locator("[data-selected]");
  await expect(marked).toHaveText(["line 2500 of the output", "line 2501 of the output"]);
  await expect(marked.first()).toBeInViewport();

  await page.locator("[data-line='2503']").click();
  await expect(page).toHaveURL(`${address}#${partId}:L2503`);
  await expect(marked).toHaveText(["line 2503 of the output"]);
  await page.locator("[data-line='2505']").click({ modifiers: ["Shift"] });
  await expect(page).toHaveURL(`${address}#${partId}:L2503-L2505`);
  await expect(marked).toHaveCount(3);
});

test("code gets its colours from a worker that the page's policy allows", async ({ page }) => {
  const refused: string[] = [];
  page.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) refused.push(message.text());
  });
  const { address } = await openSession(page);
  await page.goto(address);
  const block = page.getByLabel("Code, ts");
  await expect(block.locator(".text-code-keyword").first()).toHaveText(/^export/);
  await expect(block).toHaveText(code);
  expect(refused).toEqual([]);
});

/** One pixel. */
const PICTURE =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

test("pictures come by our own route, open large, and no page loads what an item holds", async ({
  page,
}) => {
  const elsewhere: string[] = [];
  const { address } = await openSession(page, {
    change: ({ data }) => {
      data["state"] = {
        status: "completed",
        input: { filePath: "shot.png" },
        output: "Image read",
        attachments: [
          { mime: "image/png", filename: "shot.png", url: `data:image/png;base64,${PICTURE}` },
          {
            mime: "image/svg+xml",
            filename: "drawing.svg",
            url: "data:image/svg+xml;base64,PHN2Zy8+",
          },
          { mime: "image/png", filename: "away.png", url: "https://evil.example/away.png" },
        ],
      };
    },
  });
  page.on("request", (request) => {
    if (/^(?:data|blob):|evil/.test(request.url())) elsewhere.push(request.url().slice(0, 80));
  });
  const answer = await page.goto(address);
  expect(answer?.headers()["content-security-policy"]).toContain("img-src 'self';");
  await page.getByRole("button", { name: /^Worked/ }).click();
  await page.locator("[data-opens]").first().click();
  const picture = page.getByRole("button", { name: "shot.png" });
  const width = () => picture.locator("img").evaluate((img: HTMLImageElement) => img.naturalWidth);
  await expect.poll(width).toBe(1);
  await expect(page.getByRole("link", { name: /drawing\.svg/ })).toHaveAttribute("download", /svg/);
  await expect(page.getByText("away.png")).toBeVisible();

  await picture.press("Enter");
  await expect(page.getByRole("dialog", { name: "shot.png" }).getByRole("img")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(picture).toBeFocused();
  expect(elsewhere).toEqual([]);
});

test("a large change is compared beside the page and opens by its count", async ({ page }) => {
  const lines = (changed: boolean) =>
    Array.from({ length: 4_000 }, (_, index) =>
      changed && index % 5 === 0 ? `changed ${index}` : `a line of the file, number ${index}`,
    ).join("\n");
  const { address } = await openSession(page, {
    change: ({ data }) => {
      data["tool"] = "edit";
      data["state"] = {
        status: "completed",
        input: { filePath: "large.txt" },
        output: "ok",
        metadata: { filediff: { file: "large.txt", before: lines(false), after: lines(true) } },
      };
    },
  });
  await page.goto(address);
  await page.getByRole("button", { name: /^Worked/ }).click();
  await page.getByRole("button", { name: /Edited/ }).click();
  await page.getByRole("button", { name: "Show 1,600 changed lines" }).click();
  const changes = page.getByRole("group", { name: "Changes of large.txt" });
  await expect(changes).toContainText("changed 5");
  await expect(changes).not.toContainText("changed 3995");
});

test("work that was handed over holds its session only where that is here", async ({ page }) => {
  const here = (await openSession(page)).address;
  for (const [child, count] of [
    [here.slice("/sessions/".length), 1],
    [createSessionId(), 0],
  ] as const) {
    const { address } = await openSession(page, {
      change: ({ data }) => {
        data["tool"] = "task";
        data["state"] = {
          status: "completed",
          input: { description: "Look for pears", prompt: "Look" },
          output: "None",
          metadata: { sessionId: child },
        };
      },
    });
    await page.goto(address);
    await page.getByRole("button", { name: /^Worked/ }).click();
    const answer = page.waitForResponse(/session\.linked/);
    await page.getByText("Look for pears").first().click();
    await (await answer).finished();
    await expect(page.getByRole("group", { name: "Answer" })).toBeVisible();
    const own = page.getByRole("button", { name: "Its own session" });
    await expect(own).toHaveCount(count);
    if (count === 0) continue;
    await own.click();
    await expect(page.getByRole("group", { name: "Prompt of its session" })).toHaveText("Show it");
    await expect(page.getByRole("link", { name: "Open it by itself" })).toHaveAttribute(
      "href",
      here,
    );
    // The places of another session are none of this one.
    const ids = await page
      .locator("[role=feed] [id]")
      .evaluateAll((all) => all.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
  }
});
