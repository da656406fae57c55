import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { WaitingFiles } from "./waiting-files.tsx";

const file = (attachmentId: string, name: string, bytes: number) => ({
  attachmentId,
  name,
  bytes,
  mime: "application/pdf",
});

test("a prompt that waits names its files and their sizes, and opens them", () => {
  const attachments = [file("att_1", "plan.pdf", 48_213), file("att_2", "evil\u202Efdp.exe", 812)];
  const html = renderToStaticMarkup(<WaitingFiles attachments={attachments} />);
  expect(html).toContain("plan.pdf");
  expect(html).toContain("48 KB");
  expect(html).toContain("812 B");
  expect(html).toContain('href="/api/v1/attachments/att_1?download=1"');
  expect(html).not.toContain(">evil\u202E");
});

test("a prompt without files takes no more room", () => {
  expect(renderToStaticMarkup(<WaitingFiles attachments={[]} />)).toBe("");
});
