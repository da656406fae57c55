import { describe, expect, it } from "vitest";
import { visibleText } from "./visible-text.ts";

describe("visibleText", () => {
  it("shows control characters as their pictures, and leaves tab and newline alone", () => {
    expect(visibleText("a\u0000b\u0007c\u001b[0m\u007f\td\n")).toBe("a␀b␇c␛[0m␡\td\n");
  });

  it("shows what has no picture, and half of a character, as one that cannot be drawn", () => {
    expect(visibleText("\u0085 \ud83d \udc4d")).toBe("� � �");
    expect(visibleText("👍 e\u0301 \u00a0")).toBe("👍 e\u0301 \u00a0");
  });

  it("reads the end of a line as Windows writes it as one, and a lone return as a character", () => {
    expect(visibleText("a\r\nb\rc")).toBe("a\nb␍c");
  });
});
