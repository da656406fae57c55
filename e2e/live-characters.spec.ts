import { createSessionId } from "#lib/ids.ts";
import { documentOf, turnItems } from "./support/session-files.ts";
import { ownArticles, readAgentText } from "./support/session-page.ts";
import { expect, test } from "./support/test.ts";

const hostile = "a\u0000b\u0007c\ud800d\u000ce";
const visible = "a␀b␇c�d␌e";

// The page of this test fails it when server and browser do not draw the same.
test("characters that cannot be seen are drawn as pictures, and a page with them is whole", async ({
  page,
}) => {
  const sessionId = createSessionId();
  const answer = ["\u0000", hostile, `\`${hostile}\``, `\`\`\`\n${hostile}\n\`\`\``].join("\n\n");
  const items = turnItems(hostile, answer, `\u001b[31mred\u001b[0m ${hostile}`);
  const response = await page.request.post(`/api/v1/sessions/${sessionId}/ingest`, {
    headers: { "content-type": "application/json" },
    data: Buffer.from(documentOf(items)),
  });
  expect(response.status(), await response.text()).toBe(200);

  await page.goto(`/sessions/${sessionId}`);
  await expect(ownArticles(page)).toContainText(visible);
  const [text = ""] = await readAgentText(page);
  expect(text.split(visible)).toHaveLength(4);
  await page.getByRole("button", { name: /^Worked/ }).click();
  await page.getByRole("button", { name: /npm test/ }).click();
  await expect(page.getByLabel("Output", { exact: true })).toHaveText(`red ${visible}`);
});
