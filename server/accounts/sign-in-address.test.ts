import { expect, test } from "vitest";
import { signInAddress } from "./sign-in-address.ts";

test.each([
  [{ PUBLIC_URL: undefined, HOST: "127.0.0.1" }, "http://127.0.0.1:3000/sign-in?token=t"],
  [{ PUBLIC_URL: undefined, HOST: "::1" }, "http://[::1]:3000/sign-in?token=t"],
  [
    { PUBLIC_URL: "https://millrace.example/", HOST: "::1" },
    "https://millrace.example/sign-in?token=t",
  ],
])("%j is where people sign in at %s", (environment, address) => {
  expect(signInAddress(environment, { port: 3000, token: "t" })).toBe(address);
});
