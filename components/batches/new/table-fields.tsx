"use client";

import { useId } from "react";
import { Choice } from "#components/shares/choice.tsx";
import { Field } from "#components/ui/field.tsx";
import type { ChosenSource } from "./chosen-source.ts";
import { type StartField, startFields } from "./columns.ts";

export const fieldWords: Readonly<Record<StartField, string>> = {
  prompt: "Prompt",
  repository: "Repository",
  branch: "Branch",
  agent: "Agent",
  profile: "Environment",
};

type ChosenTable = Extract<ChosenSource, { kind: "table" }>;

interface TableFieldsProps {
  chosen: ChosenTable;
  onChange: (chosen: ChosenTable) => void;
}

/** Which column is which, and what a row means. */
export function TableFields({ chosen, onChange }: TableFieldsProps) {
  const id = useId();
  const { table, columns, isProduct } = chosen;
  const change = (field: StartField, value: string) =>
    onChange({ ...chosen, columns: { ...columns, [field]: value === "" ? null : Number(value) } });
  return (
    <fieldset className="flex flex-col gap-4 rounded border border-line bg-surface p-4">
      <legend className="sr-only">Columns</legend>
      <div className="grid grid-cols-2 gap-4 sm:grid-cols-3 lg:grid-cols-5">
        {startFields.map((field) => (
          <Field key={field} label={fieldWords[field]} controlId={`${id}-${field}`}>
            <select
              id={`${id}-${field}`}
              value={columns[field] ?? ""}
              onChange={(event) => change(field, event.target.value)}
              className="field h-9 w-full px-2 text-label pointer-coarse:h-11"
            >
              <option value="">No column</option>
              {table.header.map((name, column) => (
                <option key={column} value={column}>
                  {name === "" ? `Column ${column + 1}` : name}
                </option>
              ))}
            </select>
          </Field>
        ))}
      </div>
      <div role="radiogroup" aria-label="What a row means" className="flex flex-col">
        <Choice
          type="radio"
          name={`${id}-rows`}
          label="Every row is a session"
          isChosen={!isProduct}
          onChange={() => onChange({ ...chosen, isProduct: false })}
        />
        <Choice
          type="radio"
          name={`${id}-rows`}
          label="Every prompt with every repository"
          meaning="The two columns are lists, which need not be as long as each other."
          isChosen={isProduct}
          onChange={() => onChange({ ...chosen, isProduct: true })}
        />
      </div>
    </fieldset>
  );
}
