import { Lock } from "lucide-react";
import type { KeyboardEvent, RefObject } from "react";
import { takePasted } from "#components/attachments/attach-button.tsx";
import { commandOptionId } from "./command-list.tsx";
import type { CommandChoice } from "./use-commands.ts";
import type { ComposerControls } from "./use-composer.ts";

interface ComposerFieldProps {
  id: string;
  noteId: string;
  listId: string;
  ref: RefObject<HTMLTextAreaElement | null>;
  composer: ComposerControls;
  choice: CommandChoice;
}

/** The text, and its keys: those that the list of commands has no use for are its own. */
export function ComposerField({ id, noteId, listId, ref, composer, choice }: ComposerFieldProps) {
  const { text, change, note, isLocked, isSending, isTooLong, submit, addFiles } = composer;

  function onKeyDown(event: KeyboardEvent) {
    if (choice.handleKey(event)) return event.preventDefault();
    if (event.key === "Escape") (event.target as HTMLElement).blur();
    const isComposing = event.nativeEvent.isComposing;
    if (event.key !== "Enter" || event.shiftKey || isComposing) return;
    event.preventDefault();
    submit();
  }

  return (
    <>
      <textarea
        ref={ref}
        id={id}
        data-composer
        aria-label="Follow-up"
        aria-describedby={noteId}
        aria-invalid={isTooLong}
        {...(choice.commands.length > 0 && {
          "aria-autocomplete": "list",
          "aria-controls": listId,
          "aria-activedescendant": commandOptionId(listId, choice.activeIndex),
        })}
        value={text}
        rows={1}
        disabled={isLocked}
        readOnly={isSending}
        placeholder={isLocked ? note : "Follow up"}
        onChange={(event) => change(event.target.value)}
        onKeyDown={onKeyDown}
        onPaste={(event) => takePasted(event, addFiles)}
        className="field-sizing-content max-h-[35dvh] min-h-9 min-w-0 flex-1 resize-none bg-transparent py-1.5 outline-none placeholder:text-faint disabled:cursor-not-allowed pointer-coarse:min-h-11 pointer-coarse:py-2.5"
      />
      {isLocked && (
        <Lock
          aria-hidden
          className="mr-1 mb-2.5 size-4 shrink-0 text-faint pointer-coarse:mb-3.5"
        />
      )}
    </>
  );
}
