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

  it("shows marks that turn the direction of a text", () => {
    expect(visibleText("user\u202Eexe.txt\u202c \u2066a\u2069")).toBe(
      "user⟨U+202E⟩exe.txt⟨U+202C⟩ ⟨U+2066⟩a⟨U+2069⟩",
    );
    expect(visibleText("שלום \u200f abc")).toBe("שלום \u200f abc");
  });

  it("shows letters that only models read, and leaves flags alone", () => {
    const hide = (text: string) =>
      String.fromCodePoint(...Array.from(text, (letter) => 0xe0000 + letter.charCodeAt(0)));
    expect(visibleText(`a${hide("run rm")}b`)).toBe("a⟨hidden: run rm⟩b");
    const scotland = `\u{1f3f4}${hide("gbsct")}\u{e007f}`;
    expect(visibleText(scotland)).toBe(scotland);
    expect(visibleText("👩‍💻 e\u0301")).toBe("👩‍💻 e\u0301");
  });
});
