import { expect, test } from "vitest";
import {
  checkDraftFile,
  describeHold,
  filesWithPlace,
  restoreFiles,
  storeFiles,
} from "./draft-file.ts";

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

test("a prompt is held by what is on its way and by what failed, each with what helps (#7)", () => {
  const [sent] = restoreFiles(JSON.stringify([attachment]));
  const onItsWay = { ...sent!, key: "2", file: new File(["x"], "x"), attachment: null };
  const failed = { ...onItsWay, key: "3", problem: "The server did not answer" };
  const empty = { ...onItsWay, key: "4", file: new File([], "x"), problem: "This file is empty." };
  expect(describeHold([sent!])).toBeNull();
  expect(describeHold([sent!, onItsWay])).toMatch(/^Goes when/);
  expect(describeHold([onItsWay, empty])).toMatch(/was not sent: remove it/);
  expect(describeHold([empty, failed])).toMatch(/was not sent: send it again, or remove it/);
});

test("ten files have a place", () => {
  const files = Array.from({ length: 4 }, () => new File(["x"], "x"));
  expect(filesWithPlace(files, 8)).toHaveLength(2);
  expect(filesWithPlace(files, 11)).toHaveLength(0);
});
