import type { ChangeEvent, RefObject } from "react";

interface FileInputProps {
  ref: RefObject<HTMLInputElement | null>;
  /** What is chosen, for whoever does not see the button. */
  label: string;
  onFiles: (files: File[]) => void;
}

/** The browser's way to choose files, behind a button that clicks it. The same files may be chosen again. */
export function FileInput({ ref, label, onFiles }: FileInputProps) {
  function onChange({ currentTarget }: ChangeEvent<HTMLInputElement>) {
    const files = [...(currentTarget.files ?? [])];
    currentTarget.value = "";
    if (files.length > 0) onFiles(files);
  }
  return <input ref={ref} type="file" multiple hidden aria-label={label} onChange={onChange} />;
}
