import { expect, test } from "vitest";
import { AppError } from "#lib/errors.ts";
import { databaseTrouble, isDatabaseAway } from "./is-database-away.ts";

const failed = (code: string) => Object.assign(new Error(code), { code });

test("errors of the connection and of a server that leaves mean that the database is away", () => {
  for (const code of ["ECONNREFUSED", "CONNECTION_CLOSED", "57P01", "53300", "ENOTFOUND", "08006"])
    expect(isDatabaseAway(failed(code)), code).toBe(true);
  for (const code of ["23505", "40P01", "ENOSPC"])
    expect(isDatabaseAway(failed(code)), code).toBe(false);
});

test("it is found below other errors and below our own word for it", () => {
  expect(isDatabaseAway(new Error("query", { cause: failed("ECONNRESET") }))).toBe(true);
  expect(isDatabaseAway(databaseTrouble(failed("ECONNRESET")))).toBe(true);
  expect(isDatabaseAway(databaseTrouble(failed("40P01")))).toBe(false);
});

test("somebody else's network is not the database's", () => {
  const cause = failed("ENOTFOUND");
  expect(isDatabaseAway(new AppError("unavailable", "No such host", { cause }))).toBe(false);
});
