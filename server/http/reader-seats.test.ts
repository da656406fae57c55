import { expect, test } from "vitest";
import { createSeats } from "./reader-seats.ts";

test("a team has so many seats, all together have more, and who leaves makes room once", () => {
  const seats = createSeats({ max: 3, maxOfTeam: 2 });
  const leave = seats.take("team_a");
  seats.take("team_a");
  expect(() => seats.take("team_a")).toThrow("Too many");
  seats.take("team_b");
  expect(() => seats.take("team_b")).toThrow("Too many");
  leave();
  leave();
  seats.take("team_b");
  expect(() => seats.take("team_a")).toThrow("Too many");
});
