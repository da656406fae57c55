import { PROMPT_MAX_CHARACTERS } from "#lib/limits.ts";
import { readError } from "#components/api/read-error.ts";
import { ErrorText } from "#components/ui/field.tsx";
import type { ComposerControls } from "./use-composer.ts";

interface ComposerNoteProps {
  id: string;
  composer: ComposerControls;
  /** Why the agent could not be asked to stop; null when it could. */
  interruptError: unknown;
}

/** What is wrong with the follow-up, else what becomes of it. */
export function ComposerNote({ id, composer, interruptError }: ComposerNoteProps) {
  const problem = problemOf(composer, composer.error ?? interruptError);
  return (
    <p id={id} className="min-h-4 min-w-0 flex-1 basis-24 text-meta text-faint">
      {problem === null ? hintOf(composer) : <ErrorText>{problem}</ErrorText>}
    </p>
  );
}

function problemOf({ text, isTooLong }: ComposerControls, failure: unknown): string | null {
  if (failure) return readError(failure).message;
  if (!isTooLong) return null;
  return `${text.length.toLocaleString("en")} of ${PROMPT_MAX_CHARACTERS.toLocaleString("en")} characters`;
}

/** A locked field says by itself why. */
function hintOf({ isOffline, isSending, draft, isLocked, note }: ComposerControls): string | null {
  if (isOffline) return "You are offline: what you type stays here until it can be sent.";
  if (isSending) return "Sending …";
  if (draft.hold !== null) return draft.hold;
  return isLocked ? null : note;
}
