import { createHash } from "node:crypto";
import { dataUrlHead, describeOutput } from "./output-frame.ts";
import type { Block, ToolBlock } from "./read-block.ts";
import type { ExportHead } from "./session-format.ts";
import { countWords, formatTime, type TranscriptWriter } from "./transcript-format.ts";
import { toVisibleText } from "./visible-text.ts";

const STYLE = `
:root{color-scheme:light dark;--ink:#1c1b1a;--soft:#5d5a56;--line:#dcd8d2;--paper:#fbfaf8;--sunken:#f2efea;--bad:#a3231f}
@media(prefers-color-scheme:dark){:root{--ink:#e9e6e1;--soft:#a8a39b;--line:#3a3733;--paper:#191816;--sunken:#22201e;--bad:#ff8f86}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/24px system-ui,sans-serif}
main{max-width:56rem;margin:0 auto;padding:2rem 1rem 4rem}
h1{font-size:1.5rem;line-height:2rem;margin:0 0 .5rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:0 1rem;color:var(--soft);font-size:13px;line-height:20px;margin:0}
dd{margin:0;overflow-wrap:anywhere}
article{border-top:1px solid var(--line);margin-top:1.5rem;padding-top:1rem}
article.prompt{border-top:2px solid var(--ink)}
h2{font-size:13px;line-height:20px;margin:0 0 .5rem;color:var(--soft);font-weight:600}
.text{white-space:pre-wrap;overflow-wrap:anywhere;margin:.75rem 0}
pre{background:var(--sunken);border:1px solid var(--line);border-radius:6px;padding:.75rem;margin:.5rem 0;overflow:auto;max-height:32rem;font:13px/20px ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
details{margin:.5rem 0}
summary{cursor:pointer;overflow-wrap:anywhere}
summary b{font-weight:600}
code{font:13px/20px ui-monospace,monospace}
.note,footer{color:var(--soft)}
.bad{color:var(--bad)}
img{max-width:100%;height:auto}
footer{border-top:1px solid var(--line);margin-top:2rem;padding-top:1rem;font-size:13px;overflow-wrap:anywhere}
`;

const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** Pictures that are nothing but pictures, inside the file. */
const PICTURE_HEAD = /^data:image\/(?:png|jpeg|gif|webp);base64,$/;
const PICTURE = /^data:image\/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}$/;

/**
 * A transcript as one page that needs nothing else and can do nothing: no script, no address but pictures of its own,
 * every text escaped, and a policy that says so to the browser.
 */
export function createHtmlWriter(head: ExportHead): TranscriptWriter {
  let isOpen = false;
  const close = () => (isOpen ? "</article>\n" : "");
  return {
    begin() {
      const facts = [
        ["Session", head.sessionId],
        ["Added", formatTime(Date.parse(head.createdAt))],
        ["Exported", formatTime(Date.parse(head.exportedAt))],
        ["Agent", head.agent],
        ["Model", head.model],
        ["Repository", head.repository],
      ].filter(([, value]) => value);
      const list = facts.map(([name, value]) => `<dt>${name}</dt><dd>${escape(value ?? "")}</dd>`);
      return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer"><meta name="robots" content="noindex">
<title>${escape(head.title)}</title><style>${STYLE}</style></head>
<body><main><h1>${escape(head.title)}</h1><dl>${list.join("")}</dl>
`;
    },
    message({ role, model, createdMs, error }, turn) {
      const before = close();
      isOpen = true;
      const name = turn === null ? nameOf(role) : `Prompt ${turn}`;
      const details = [name, model, formatTime(createdMs)].filter(Boolean).map(escape).join(" · ");
      const trouble = error === null ? "" : `<pre class="bad">${escape(error)}</pre>`;
      const kind = turn === null ? "answer" : "prompt";
      return `${before}<article class="${kind}"><h2>${details}</h2>${trouble}\n`;
    },
    block: writeBlock,
    piece: escapeVisible,
    takesBytesOf: (facts) => PICTURE_HEAD.test(dataUrlHead(facts)),
    output(facts, place) {
      const words = escape(describeOutput(facts));
      const link = place.kind === "link" ? ` at ${escape(place.href)}` : "";
      const note = `<p class="note">Output: ${words}${link}</p>\n`;
      if (place.kind !== "inline") return { before: note, after: "" };
      const address = dataUrlHead(facts);
      return { before: `${note}<p><img alt="${words}" src="${address}`, after: '"></p>\n' };
    },
    end: (totals) =>
      `${close()}<footer>${countWords(totals)}. SHA-256 of everything above: <code>${totals.sha256}</code></footer>\n</main></body></html>\n`,
  };
}

function writeBlock(block: Block): string {
  switch (block.kind) {
    case "text":
      return block.text === "" ? "" : `<div class="text">${escape(block.text)}</div>\n`;
    case "reasoning":
      return block.text === ""
        ? ""
        : `<details><summary class="note">Reasoning</summary><div class="text note">${escape(block.text)}</div></details>\n`;
    case "tool":
      return writeTool(block);
    case "file":
      return PICTURE.test(block.url)
        ? `<p><img alt="${escape(block.name)}" src="${block.url}"></p>\n`
        : `<p class="note">File: ${escape(block.name)} (${escape(block.mime)})</p>\n`;
    case "note":
      return `<p class="note">${escape(block.text)}</p>\n`;
    case "raw":
      return `<details><summary><b>${escape(block.type)}</b></summary><pre>${escape(block.json)}</pre></details>\n`;
  }
}

function writeTool({ name, title, status, input, output, error }: ToolBlock): string {
  const what = title === "" ? "" : ` <code>${escape(title)}</code>`;
  const state = status === "" ? "" : ` (${escape(status)})`;
  const inner = [
    input === null || input === "{}" ? "" : `<pre>${escape(input)}</pre>`,
    output === null || output === "" ? "" : `<pre>${escape(output)}</pre>`,
    error === null ? "" : `<pre class="bad">${escape(error)}</pre>`,
  ].join("");
  return `<details><summary><b>${escape(name)}</b>${what}${state}</summary>${inner}</details>\n`;
}

const nameOf = (role: string) => (role === "assistant" ? "Answer" : role);

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escape = (text: string) => escapeVisible(toVisibleText(text));

const escapeVisible = (text: string) =>
  text.replace(/[&<>"']/g, (character) => entities[character]!);
