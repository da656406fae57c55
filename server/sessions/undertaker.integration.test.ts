import { expect, test, vi } from "vitest";
import { createTestDatabase } from "#server/database/testing/test-database.ts";
import { startChild } from "#server/database/testing/children.ts";
import { expectAllSurvive } from "./testing/blips.ts";
import { startLivingProcess } from "./testing/living-process.ts";

test("processes of one machine live on when the database was away", () =>
  expectAllSurvive({
    processIds: ["one", "two", "three"],
    cutsMs: [200, 900, 2_000],
    areOnOneHost: true,
  }));

test("processes of several hosts live on when the database was away from all of them", () =>
  expectAllSurvive({
    processIds: ["one", "two", "three"],
    cutsMs: [200, 900, 2_000],
    areOnOneHost: false,
  }));

test("a process that is alone lives on when the database was away", () =>
  expectAllSurvive({ processIds: ["alone"], cutsMs: [200, 2_500], areOnOneHost: true }));
