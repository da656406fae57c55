import { expect, test } from "vitest";
import { uploadLines } from "./upload-lines.ts";

test("lines for a session that is there name it, those for a new one only where they must", () => {
  const lines = (isNew: boolean) =>
    uploadLines("http://localhost:3000", { target: "ses_1", isNew }).map(({ command }) => command);
  expect(lines(false)[0]).toBe(
    "npx millrace push session.json --session ses_1 --server http://localhost:3000",
  );
  expect(lines(true)[0]).toBe("npx millrace push session.json --server http://localhost:3000");
  for (const isNew of [true, false])
    expect(lines(isNew)[1]).toContain("http://localhost:3000/api/v1/sessions/ses_1/ingest");
});
