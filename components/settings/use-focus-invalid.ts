import { useEffect, useRef, type RefObject } from "react";

/**
 * Gives the focus to the first field of a form that is marked as wrong, whenever there are new errors, and opens what hides
 * such fields. Answers what the form takes as its ref.
 */
export function useFocusInvalid(errors: object): RefObject<HTMLFormElement | null> {
  const formRef = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (Object.keys(errors).length === 0) return;
    const wrong = formRef.current?.querySelectorAll<HTMLElement>("[aria-invalid=true]") ?? [];
    for (const field of wrong) field.closest("details")?.setAttribute("open", "");
    wrong[0]?.focus();
  }, [errors]);
  return formRef;
}
