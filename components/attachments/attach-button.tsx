"use client";

import { Paperclip } from "lucide-react";
import { useRef, type ClipboardEvent } from "react";
import { IconButton } from "#components/ui/button.tsx";
import { FileInput } from "#components/upload/file-input.tsx";

interface AttachButtonProps {
  disabled: boolean;
  onFiles: (files: File[]) => void;
  className?: string;
}

/** Opens the browser's choice of files. */
export function AttachButton({ disabled, onFiles, className }: AttachButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton
        label="Attach files"
        disabled={disabled}
        onClick={() => input.current?.click()}
        {...(className !== undefined && { className })}
      >
        <Paperclip aria-hidden />
      </IconButton>
      <FileInput ref={input} label="Files to attach" onFiles={onFiles} />
    </>
  );
}

/** Takes pasted files; what has text too, as a table has, is pasted as text. */
export function takePasted(event: ClipboardEvent, onFiles: (files: File[]) => void): void {
  const { files, types } = event.clipboardData;
  if (files.length === 0 || types.includes("text/plain")) return;
  event.preventDefault();
  onFiles([...files]);
}
