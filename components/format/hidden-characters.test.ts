import { describe, expect, it } from "vitest";
import { countHidden, revealHidden, withoutHidden } from "./hidden-characters.ts";

describe("characters that nobody sees", () => {
  it("are shown by their numbers", () => {
    expect(
      revealHidden("rm\u200b -\u2060r\ufeff \u202ehome\u202c \u2067x\u2069 \u00ad\u180e\u3164"),
    ).toBe(
      "rm⟨U+200B⟩ -⟨U+2060⟩r⟨U+FEFF⟩ ⟨U+202E⟩home⟨U+202C⟩ ⟨U+2067⟩x⟨U+2069⟩ ⟨U+00AD⟩⟨U+180E⟩⟨U+3164⟩",
    );
    expect(revealHidden("a\u200db \u200f1\u200e \u061c")).toBe(
      "a⟨U+200D⟩b ⟨U+200F⟩1⟨U+200E⟩ ⟨U+061C⟩",
    );
  });

  it("are shown as their pictures where they have some", () => {
    expect(revealHidden("a\u0000\u001b \u{e0072}\u{e006d}\tb\n")).toBe(
      "a␀␛ ⟨U+E0072⟩⟨U+E006D⟩\tb\n",
    );
  });

  it("are shown behind a flag that is none", () => {
    const letters = "\u{e0061}".repeat(40);
    expect(countHidden(`\u{1f3f4}${letters}`)).toBe(33);
    expect(revealHidden(`\u{1f3f4}${letters}`)).toMatch(/(⟨U\+E0061⟩){33}$/);
  });

  it("are counted, and can be taken out", () => {
    const text = "a\u200b\u202eb\u0007 \u{e0072}\u{e006d}c\r\nd\te";
    expect(countHidden(text)).toBe(5);
    expect(withoutHidden(text)).toBe("ab c\r\nd\te");
    expect(countHidden(withoutHidden(text))).toBe(0);
  });

  it("are not those that a script or a picture is made of", () => {
    const scotland = "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}";
    const texts = ["👩‍💻 👨🏽‍🚀 ❤️ 🏳️‍🌈 1️⃣", "می‌خواهم", "क्‍ष", scotland, "e\u0301 שלום", "1\u00a02"];
    for (const text of texts) {
      expect(revealHidden(text)).toBe(text);
      expect(countHidden(text), text).toBe(0);
    }
  });
});
