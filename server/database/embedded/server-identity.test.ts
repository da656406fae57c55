import { expect, test } from "vitest";
import { chooseServerIdentity } from "./server-identity.ts";

const withPostgres = () =>
  "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\npostgres:x:101:104::/:/bin/sh\n";
const withoutPostgres = () => "root:x:0:0::/root:/bin/sh\nnobody:x:99:98::/:/bin/false\n";

test("an ordinary user runs the server itself", () => {
  expect(chooseServerIdentity(1000, withPostgres)).toBeNull();
  expect(chooseServerIdentity(null, withPostgres)).toBeNull();
});

test("root lends it the user postgres, else nobody", () => {
  expect(chooseServerIdentity(0, withPostgres)).toEqual({ uid: 101, gid: 104 });
  expect(chooseServerIdentity(0, withoutPostgres)).toEqual({ uid: 99, gid: 98 });
  expect(chooseServerIdentity(0, () => "")).toEqual({ uid: 65534, gid: 65534 });
});

test("a user of that name with root's number is not taken", () => {
  expect(chooseServerIdentity(0, () => "postgres:x:0:0::/:/bin/sh\n")).toEqual({
    uid: 65534,
    gid: 65534,
  });
});
