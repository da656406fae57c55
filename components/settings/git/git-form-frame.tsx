import type { FormEvent, ReactNode } from "react";
import { Button } from "#components/ui/button.tsx";
import { useFocusInvalid } from "../use-focus-invalid.ts";

interface GitFormFrameProps {
  label: string;
  /** Of the button that sets it. */
  action: string;
  errors: object;
  isPending: boolean;
  onSubmit: () => void;
  onCancel: () => void;
  children: ReactNode;
}

/** Fields, and what is done with them. */
export function GitFormFrame(props: GitFormFrameProps) {
  const { label, action, errors, isPending, onSubmit, onCancel, children } = props;
  const formRef = useFocusInvalid(errors);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isPending) onSubmit();
  };
  return (
    <form
      ref={formRef}
      onSubmit={submit}
      aria-label={label}
      aria-busy={isPending}
      className="flex flex-col gap-5"
    >
      {children}
      <div className="flex justify-end gap-2 border-t border-line pt-4">
        <Button onClick={onCancel}>Cancel</Button>
        <Button type="submit" look="primary" disabled={isPending}>
          {isPending ? "Saving …" : action}
        </Button>
      </div>
    </form>
  );
}
