import { useId } from "react";
import { apiScopes, type ApiScope } from "#lib/api-scope.ts";
import { ErrorText } from "#components/ui/field.tsx";
import { scopeWords } from "./scope-words.ts";

interface ScopeFieldsProps {
  chosen: readonly ApiScope[];
  onChange: (scopes: readonly ApiScope[]) => void;
  error: string | null;
}

/** What a token may do, each with what that means. */
export function ScopeFields({ chosen, onChange, error }: ScopeFieldsProps) {
  const id = useId();
  const toggle = (scope: ApiScope) =>
    onChange(apiScopes.filter((each) => (each === scope) !== chosen.includes(each)));
  return (
    <fieldset aria-describedby={`${id}-note`} className="flex flex-col">
      <legend className="mb-1 text-label font-medium">It may</legend>
      {apiScopes.map((scope) => (
        <label
          key={scope}
          className="-mx-2 flex items-start gap-3 rounded px-2 py-1.5 text-label hover:bg-hover pointer-coarse:py-2.5"
        >
          <input
            type="checkbox"
            aria-labelledby={`${id}-${scope}`}
            aria-describedby={`${id}-${scope}-meaning`}
            aria-invalid={error !== null}
            checked={chosen.includes(scope)}
            onChange={() => toggle(scope)}
            className="mt-0.5 size-4 shrink-0"
          />
          <span className="flex min-w-0 flex-col">
            <span id={`${id}-${scope}`} className="font-medium">
              {scopeWords[scope].label}
              <code className="ml-2 font-mono text-meta font-normal text-faint">{scope}</code>
            </span>
            <span id={`${id}-${scope}-meaning`} className="text-meta text-soft">
              {scopeWords[scope].meaning}
            </span>
          </span>
        </label>
      ))}
      {error !== null && (
        <p id={`${id}-note`} className="mt-1.5 text-meta">
          <ErrorText>{error}</ErrorText>
        </p>
      )}
    </fieldset>
  );
}
