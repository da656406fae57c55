import { expect, test } from "vitest";
import { checkDraftFile, filesWithPlace, restoreFiles, storeFiles } from "./draft-file.ts";

const attachment = { attachmentId: "att_1", name: "mill.png", mime: "image/png", bytes: 70 };

test("what was sent comes back after a reload, and nothing else", () => {
  const [sent] = restoreFiles(JSON.stringify([attachment]));
  expect(sent).toMatchObject({ key: "att_1", attachment, problem: null });
  const onItsWay = { ...sent!, key: "2", attachment: null };
  expect(storeFiles([sent!, onItsWay])).toBe(JSON.stringify([attachment]));
  expect(storeFiles([onItsWay])).toBeNull();
});

test.each([null, "", "{", "{}", "[1]", '[{"attachmentId":1}]'])("%j is no files", (stored) => {
  expect(restoreFiles(stored)).toEqual([]);
});

test("what the server would refuse is said before it is sent", () => {
  expect(checkDraftFile({ size: 0 })).toBe("This file is empty.");
  expect(checkDraftFile({ size: 300_000_000 })).toContain("300 MB are too much");
  expect(checkDraftFile({ size: 1 })).toBeNull();
});

test("ten files have a place", () => {
  const files = Array.from({ length: 4 }, () => new File(["x"], "x"));
  expect(filesWithPlace(files, 8)).toHaveLength(2);
  expect(filesWithPlace(files, 11)).toHaveLength(0);
});
