"use client";

import clsx from "clsx";
import { createContext, useContext, useRef, type ReactNode } from "react";
import { Button } from "#components/ui/button.tsx";
import { useHydrated } from "#components/ui/use-hydrated.ts";
import { FileInput } from "./file-input.tsx";
import { useFileDrop } from "./use-file-drop.ts";

interface FileBoxProps {
  /** What is chosen here. */
  label: string;
  onFiles: (files: File[]) => void;
  className: string;
  /** `isOver`: files are held over the page. */
  children: (isOver: boolean) => ReactNode;
}

const ChooseContext = createContext<() => void>(() => {});

/** Where files are dropped, though the whole page takes them, or chosen with a `FileButton` inside. */
export function FileBox({ label, onFiles, className, children }: FileBoxProps) {
  const input = useRef<HTMLInputElement>(null);
  const isOver = useFileDrop(onFiles);
  return (
    <div
      className={clsx(
        "flex rounded border border-dashed px-4 transition-colors",
        isOver ? "border-accent bg-accent-wash" : "border-edge bg-surface",
        className,
      )}
    >
      <ChooseContext value={() => input.current?.click()}>{children(isOver)}</ChooseContext>
      <FileInput ref={input} label={label} onFiles={onFiles} />
    </div>
  );
}

interface FileButtonProps {
  look?: "primary";
  disabled?: boolean;
  children: ReactNode;
}

/** Opens the browser's choice of files, as soon as somebody would hear of it. */
export function FileButton({ look, disabled = false, children }: FileButtonProps) {
  const choose = useContext(ChooseContext);
  const isHydrated = useHydrated();
  return (
    <Button {...(look && { look })} disabled={disabled || !isHydrated} onClick={choose}>
      {children}
    </Button>
  );
}
