/** A piece of a file as agents answer with it, without the line numbers that they put in front. */
export interface NumberedText {
  text: string;
  firstNumber: number;
  /** What stands around the file's lines: hints for the model, the end of the file. Empty when nothing does. */
  remark: string;
}

/** `     1→text`, `00001| text`, `1: text`, `1⇥text` */
const NUMBERED = /^\s{0,7}(\d{1,7})(?:→|\t|\| ?|: ?)(.*)$/;
/** Tags that agents put around: the page says it by its looks. */
const TAG = /^\s*<\/?(?:file|content|path|type|entries)>.*$/;

/** The file's lines begin at the latest after so many others. */
const HEAD_MAX_LINES = 5;

/** Null when the lines are not numbered one by one. */
export function readNumbered(output: string): NumberedText | null {
  const lines = output.split("\n");
  const first = lines.findIndex((line) => NUMBERED.test(line.replace(/^<(?:file|content)>/, "")));
  if (first === -1) return null;
  const texts: string[] = [];
  let expected: number | null = null;
  let end = first;
  for (; end < lines.length; end += 1) {
    const line = (lines[end] ?? "").replace(/^<(?:file|content)>/, "").replace(/\r$/, "");
    const match = NUMBERED.exec(line);
    const number = Number(match?.[1]);
    if (match === null || (expected !== null && number !== expected)) break;
    texts.push(match[2] ?? "");
    expected = number + 1;
  }
  const remark = [...lines.slice(0, first), ...lines.slice(end)]
    .filter((line) => !TAG.test(line))
    .join("\n")
    .trim();
  // A text that happens to begin with a number is no file.
  if (texts.length < 2 || first > HEAD_MAX_LINES) return null;
  return { text: texts.join("\n"), firstNumber: (expected ?? 1) - texts.length, remark };
}
