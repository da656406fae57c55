import { textOf, type MessageView, type PartView } from "#components/session/session-view.ts";

/** Kinds that say nothing to a reader: bookkeeping between steps. */
const silentKinds: ReadonlySet<string> = new Set([
  "step-start",
  "step-finish",
  "snapshot",
  "patch",
  "agent",
]);

/** The parts of a turn's answers that are worth a line, in order; with `hasSteps` also the bookkeeping between them. */
export function visibleParts(answers: readonly MessageView[], hasSteps = false): PartView[] {
  return answers.flatMap(({ parts }) =>
    parts.filter((part, index) =>
      silentKinds.has(part.kind) ? hasSteps && !isTold(parts, index) : isVisible(part),
    ),
  );
}

/** A step that has ended says all of it in one line: how it began says nothing more. */
function isTold(parts: readonly PartView[], index: number): boolean {
  const kind = parts[index]?.kind;
  const isStep = (part: PartView) => part.kind === "step-start" || part.kind === "step-finish";
  if (kind === "snapshot") return parts.some(isStep);
  return kind === "step-start" && parts.slice(index + 1).find(isStep)?.kind === "step-finish";
}

function isVisible(part: PartView): boolean {
  if (part.data?.["synthetic"] === true || part.data?.["ignored"] === true) return false;
  const isProse = part.kind === "text" || part.kind === "reasoning";
  return (
    !isProse ||
    part.item?.deleted === true ||
    part.item?.body === null ||
    textOf(part).trim() !== ""
  );
}

export interface FoldedParts {
  /** What a finished turn hides behind its summary line, but for what `isLandmark`. */
  work: readonly PartView[];
  /** The final answer: the text after everything else, which stays in sight. */
  answer: readonly PartView[];
}

/** Cuts a finished turn before its last run of text. */
export function foldParts(parts: readonly PartView[]): FoldedParts {
  let start = parts.length;
  while (start > 0 && isAnswer(parts[start - 1])) start -= 1;
  return { work: parts.slice(0, start), answer: parts.slice(start) };
}

function isAnswer(part: PartView | undefined): boolean {
  return (
    part?.kind === "text" || part?.kind === "file" || part?.kind === "notice" || isLandmark(part)
  );
}

/** Says something about all that is above it: in sight in folded turns, too. */
export const isLandmark = (part: PartView | undefined): boolean => part?.kind === "compaction";

/** Neighbouring tool calls as one entry from this many on. */
const RUN_MIN_LENGTH = 4;

export type PartGroup = { key: string; parts: readonly PartView[]; isRun: boolean };

/** Folds runs of tool calls in a finished turn: "9 tool calls". */
export function groupRuns(parts: readonly PartView[]): PartGroup[] {
  const groups: PartGroup[] = [];
  let run: PartView[] = [];
  const close = () => {
    if (run.length >= RUN_MIN_LENGTH)
      groups.push({ key: `run-${run[0]?.partId}`, parts: run, isRun: true });
    else for (const part of run) groups.push(single(part));
    run = [];
  };
  for (const part of parts) {
    if (part.kind === "tool") run.push(part);
    else {
      close();
      groups.push(single(part));
    }
  }
  close();
  return groups;
}

function single(part: PartView): PartGroup {
  return { key: part.partId, parts: [part], isRun: false };
}
