import { expect, test } from "vitest";
import { createApiTokenSecret, isApiTokenSecret } from "./api-token-secret.ts";

test("a secret is mrt_ and 49 letters and digits, never the same twice, and knows itself", () => {
  const secrets = Array.from({ length: 500 }, createApiTokenSecret);
  for (const secret of secrets) {
    expect(secret).toMatch(/^mrt_[0-9A-Za-z]{49}$/);
    expect(isApiTokenSecret(secret)).toBe(true);
  }
  expect(new Set(secrets).size).toBe(secrets.length);
});

test("one wrong digit, a missing end, white space or another prefix make it none", () => {
  const secret = createApiTokenSecret();
  for (let position = 0; position < secret.length; position += 1) {
    const digit = secret[position] === "x" ? "y" : "x";
    const wrong = secret.slice(0, position) + digit + secret.slice(position + 1);
    expect(isApiTokenSecret(wrong), wrong).toBe(false);
  }
  const others = ["", "mrt_", secret.slice(0, -1), `${secret}x`, ` ${secret}`, `${secret}\n`];
  for (const other of others) expect(isApiTokenSecret(other), other).toBe(false);
});
