"use client";

import clsx from "clsx";
import { GitBranch } from "lucide-react";
import { useId, useState, type KeyboardEvent, type Ref } from "react";
import { REPOSITORY_MAX_CHARACTERS } from "#lib/limits.ts";
import { Field } from "#components/ui/field.tsx";

const SHOWN_MAX = 8;

interface RepositoryFieldProps {
  value: string;
  onChange: (value: string) => void;
  /** Used last, newest first. */
  recent: readonly string[];
  allowsLocalPaths: boolean;
  error: string | null;
  inputRef: Ref<HTMLInputElement>;
  autoFocus: boolean;
}

/** A text field that offers the repositories used last (ARIA's combobox with a list). */
export function RepositoryField({
  value,
  onChange,
  recent,
  allowsLocalPaths,
  error,
  inputRef,
  autoFocus,
}: RepositoryFieldProps) {
  const id = useId();
  const [isOpen, setIsOpen] = useState(false);
  const [activeIndex, setActiveIndex] = useState(-1);
  const query = value.trim().toLowerCase();
  const options = recent
    .filter((each) => each.toLowerCase().includes(query) && each !== value)
    .slice(0, SHOWN_MAX);
  const isShown = isOpen && options.length > 0;

  function close() {
    setIsOpen(false);
    setActiveIndex(-1);
  }

  function choose(option: string) {
    onChange(option);
    close();
  }

  function onKeyDown(event: KeyboardEvent) {
    // With Enter they start the session.
    if (event.ctrlKey || event.metaKey) return;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0 && options.length > 0) {
      event.preventDefault();
      setIsOpen(true);
      setActiveIndex((index) => (index + step + options.length) % options.length);
    } else if (event.key === "Escape" && isShown) {
      event.preventDefault();
      close();
    } else if (event.key === "Enter" && isShown && activeIndex >= 0) {
      event.preventDefault();
      choose(options[activeIndex] ?? value);
    }
  }

  return (
    <Field
      label="Repository"
      controlId={id}
      error={error}
      hint={`https://…, owner/name on GitHub${allowsLocalPaths ? ", or a path on this machine" : ""}`}
      className="relative"
    >
      <div className="field flex h-10 items-center gap-2 px-3 pointer-coarse:h-12">
        <GitBranch aria-hidden className="size-4 shrink-0 text-faint" />
        <input
          ref={inputRef}
          id={id}
          autoFocus={autoFocus}
          role="combobox"
          aria-expanded={isShown}
          aria-controls={`${id}-list`}
          aria-autocomplete="list"
          aria-activedescendant={isShown && activeIndex >= 0 ? `${id}-${activeIndex}` : undefined}
          aria-invalid={error !== null}
          aria-describedby={`${id}-note`}
          value={value}
          maxLength={REPOSITORY_MAX_CHARACTERS}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          placeholder="owner/name"
          onChange={(event) => {
            onChange(event.target.value);
            setIsOpen(true);
            setActiveIndex(-1);
          }}
          onFocus={() => setIsOpen(true)}
          onBlur={close}
          onKeyDown={onKeyDown}
          className="min-w-0 flex-1 bg-transparent font-mono text-code outline-none placeholder:text-faint"
        />
      </div>
      {isShown && (
        <ul
          id={`${id}-list`}
          role="listbox"
          aria-label="Used recently"
          // A list that scrolls would be a stop of its own on the way to the next field.
          tabIndex={-1}
          className="absolute top-[4.5rem] right-0 left-0 z-30 max-h-72 overflow-y-auto rounded border border-line bg-surface p-1 shadow-floating pointer-coarse:top-20"
        >
          {options.map((option, index) => (
            <li
              key={option}
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === activeIndex}
              // Before blur, which closes the list.
              onMouseDown={(event) => {
                event.preventDefault();
                choose(option);
              }}
              className={clsx(
                "flex min-h-8 items-center rounded-sm px-2 font-mono text-code break-all hover:bg-hover pointer-coarse:min-h-11",
                index === activeIndex && "bg-hover",
              )}
            >
              {option}
            </li>
          ))}
        </ul>
      )}
    </Field>
  );
}
