"use client";

import { useMutation } from "@tanstack/react-query";
import clsx from "clsx";
import { useAtomValue, useSetAtom } from "jotai";
import { useRef, useState } from "react";
import { TITLE_MAX_CHARACTERS } from "#lib/limits.ts";
import { readError } from "#components/api/read-error.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { isRenamingAtom, sessionStateAtom } from "./session-atoms.ts";

/** The session's title, which turns into a field when pressed. Enter keeps the change, Escape does not. */
export function SessionTitle() {
  const { title } = useAtomValue(sessionStateAtom);
  const isRenaming = useAtomValue(isRenamingAtom);
  const setIsRenaming = useSetAtom(isRenamingAtom);
  if (isRenaming) return <TitleField title={title} onClose={() => setIsRenaming(false)} />;
  return (
    <h1 className="min-w-0 flex-1 text-body font-semibold @min-[62rem]:min-w-72">
      <button
        type="button"
        dir="auto"
        title={`${visibleText(title)} (press to rename)`}
        onClick={() => setIsRenaming(true)}
        className="-mx-1.5 block max-w-full truncate rounded px-1.5 text-left hover:bg-hover"
      >
        {visibleText(title)}
      </button>
    </h1>
  );
}

function TitleField({ title, onClose }: { title: string; onClose: () => void }) {
  const trpc = useTRPC();
  const sessionId = useAtomValue(sessionStateAtom).sessionId;
  const [value, setValue] = useState(title);
  const isCancelled = useRef(false);
  const rename = useMutation(trpc.session.rename.mutationOptions({ onSuccess: onClose }));

  function finish() {
    const next = value.trim();
    if (isCancelled.current || next === "" || next === title) onClose();
    else if (!rename.isPending) rename.mutate({ sessionId, title: next });
  }

  return (
    <div className="relative min-w-0 flex-1 @min-[62rem]:min-w-72">
      <input
        autoFocus
        dir="auto"
        aria-label="Title"
        aria-invalid={rename.isError}
        value={value}
        maxLength={TITLE_MAX_CHARACTERS}
        readOnly={rename.isPending}
        onFocus={(event) => event.target.select()}
        onChange={(event) => setValue(event.target.value)}
        onBlur={finish}
        onKeyDown={(event) => {
          if (event.key === "Enter") finish();
          if (event.key === "Escape") {
            isCancelled.current = true;
            onClose();
          }
        }}
        className={clsx(
          "field h-8 w-full px-2 text-body font-semibold",
          rename.isPending && "text-faint",
        )}
      />
      {rename.isError && (
        <p
          role="alert"
          className="absolute top-9 left-0 z-10 rounded border border-line bg-surface px-2 py-1 text-meta text-danger shadow-floating"
        >
          {readError(rename.error).message}
        </p>
      )}
    </div>
  );
}
