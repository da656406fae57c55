import { expect, test } from "vitest";
import { parseCutJson } from "./parse-cut-json.ts";

const whole = {
  type: "tool",
  state: {
    input: { command: 'say "hi" \\ \u00e9' },
    list: [1, { deep: [true, null] }],
    output: "line\nline",
  },
  end: 12,
};

test("every cut of an object gives an object whose members are beginnings of the real ones", () => {
  const text = JSON.stringify(whole).replace("é", "\\u00e9");
  for (let length = 1; length < text.length; length += 1) {
    const value = parseCutJson(text.slice(0, length));
    expect(value, text.slice(0, length)).not.toBeNull();
    const command = (value as typeof whole).state?.input?.command;
    if (command !== undefined) expect(whole.state.input.command.startsWith(command)).toBe(true);
  }
  expect(parseCutJson(text)).toEqual(whole);
});

test("a cut inside the output keeps the members before it and the output's beginning", () => {
  expect(
    parseCutJson('{"type":"tool","state":{"input":{"command":"ls"},"output":"one\\ntw'),
  ).toEqual({
    type: "tool",
    state: { input: { command: "ls" }, output: "one\ntw" },
  });
});

test("what is no object is nothing", () => {
  for (const text of ["", "[1,2", '"text', "nonsense {", "12"])
    expect(parseCutJson(text)).toBeNull();
});

test.each(["", "u", "u0", "u00", "u00e"])(
  "an escape that was cut behind `\\%s` is left out, behind one or many backslashes",
  (digits) => {
    for (const pairs of [0, 1, 1_000]) {
      const text = `{"a":"x${"\\\\".repeat(pairs)}`;
      const said = `x${"\\".repeat(pairs)}`;
      expect(parseCutJson(`${text}\\${digits}`)).toEqual({ a: said });
      expect(parseCutJson(text + digits)).toEqual({ a: said + digits });
    }
  },
);

test("very many backslashes that nothing was cut behind are looked at once", () => {
  // Looked at once for each of them they would take longer than a test may.
  const pairs = 65_536;
  const text = `{"a":"${"\\\\".repeat(pairs)} x`;
  expect(parseCutJson(text)).toEqual({ a: `${"\\".repeat(pairs)} x` });
});

test("deep nesting is read without recursion of ours", () => {
  expect(parseCutJson(`{"a":${"[".repeat(300)}`)).not.toBeNull();
});
