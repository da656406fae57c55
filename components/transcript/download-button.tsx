"use client";

import { stripAnsi } from "./ansi/parse-ansi.ts";

/** Saves a text that is on the page already as a file. */
export function DownloadButton({ text, name }: { text: string; name: string }) {
  return (
    <button
      type="button"
      onClick={() => save(stripAnsi(text), name)}
      className="rounded font-medium text-accent underline underline-offset-2"
    >
      Download
    </button>
  );
}

function save(text: string, name: string) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
