import { expect, test } from "vitest";
import { attachmentMime, cleanAttachmentName } from "./attachment-name.ts";

test.each([
  ["notes.txt", "notes.txt"],
  ["../../etc/passwd", "passwd"],
  ["C:\\Users\\me\\plan.pdf", "plan.pdf"],
  [".bashrc", "bashrc"],
  ["a\u0000b\u202egnp.exe", "abgnp.exe"],
  ["..", "file"],
  ["", "file"],
])("%j is kept as %j", (name, kept) => {
  expect(cleanAttachmentName(name)).toBe(kept);
});

test("a long name keeps its ending and no half character", () => {
  const name = cleanAttachmentName(`${"ü".repeat(300)}.tar.gz`);
  expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
  expect(name).toMatch(/^ü+\.gz$/);
});

test("only bytes make a picture; a claim does not", () => {
  const picture = { type: "image/png", width: 1, height: 1 } as const;
  const claim = { declared: "image/png", name: "x.png" };
  expect(attachmentMime({ ...claim, picture })).toBe("image/png");
  expect(attachmentMime({ ...claim, picture: null })).toBe("application/octet-stream");
  expect(attachmentMime({ picture: null, declared: "text/plain; charset=x", name: "x" })).toBe(
    "text/plain",
  );
  for (const declared of ["<script>", "application/x-www-form-urlencoded"])
    expect(attachmentMime({ picture: null, declared, name: "x.csv" })).toBe("text/csv");
});
