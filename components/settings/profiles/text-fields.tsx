import clsx from "clsx";
import { useId, type ReactNode } from "react";
import { Field } from "#components/ui/field.tsx";

interface TextProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
  hint?: ReactNode;
  placeholder?: string;
  isCode?: boolean;
  autoFocus?: boolean;
  className?: string;
}

/** One line of text with its label. */
export function TextField(props: TextProps) {
  return (
    <LabelledField {...props}>
      {(control) => (
        <input
          {...control}
          autoFocus={props.autoFocus}
          className={clsx(
            "field h-9 min-w-0 px-3 pointer-coarse:h-11",
            props.isCode ? "font-mono text-code" : "text-label",
          )}
        />
      )}
    </LabelledField>
  );
}

/** Several lines of code with their label. */
export function LinesField(props: TextProps) {
  return (
    <LabelledField {...props}>
      {(control) => (
        <textarea
          {...control}
          rows={3}
          className="field field-sizing-content max-h-72 min-h-20 resize-none px-3 py-2 font-mono text-code"
        />
      )}
    </LabelledField>
  );
}

interface LabelledFieldProps extends TextProps {
  /** Draws the control that takes these. */
  children: (control: ReturnType<typeof controlProps>) => ReactNode;
}

function LabelledField({ label, error, hint, className, children, ...text }: LabelledFieldProps) {
  const id = useId();
  return (
    <Field
      label={label}
      controlId={id}
      error={error ?? null}
      hint={hint}
      {...(className !== undefined && { className })}
    >
      {children(controlProps(id, error, text))}
    </Field>
  );
}

function controlProps(
  id: string,
  error: string | undefined,
  { value, placeholder, onChange }: Pick<TextProps, "value" | "placeholder" | "onChange">,
) {
  return {
    id,
    "aria-describedby": `${id}-note`,
    "aria-invalid": error !== undefined,
    value,
    placeholder,
    autoComplete: "off",
    autoCapitalize: "none",
    spellCheck: false,
    onChange: ({ target }: { target: { value: string } }) => onChange(target.value),
  };
}
