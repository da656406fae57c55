"use client";

import { useId } from "react";
import { Field } from "#components/ui/field.tsx";
import { formatCount } from "#components/format/format-count.ts";
import type { Lists } from "./plan-batch.ts";
import { listPrompts, listRepositories } from "./start-rows.ts";

interface ListFieldsProps {
  lists: Lists;
  onChange: (lists: Lists) => void;
}

/** Every prompt is started on every repository. */
export function ListFields({ lists, onChange }: ListFieldsProps) {
  const id = useId();
  const promptCount = listPrompts(lists.prompts).length;
  const repositoryCount = listRepositories(lists.repositories).length;
  return (
    <div className="grid gap-5 sm:grid-cols-2">
      <Field
        label="Prompts"
        controlId={`${id}-prompts`}
        hint={
          promptCount > 1
            ? `${formatCount(promptCount, "prompt")}, each on every repository.`
            : "Several: a line of --- stands between two."
        }
      >
        <textarea
          id={`${id}-prompts`}
          aria-describedby={`${id}-prompts-note`}
          value={lists.prompts}
          rows={7}
          placeholder="What should the agents do?"
          onChange={(event) => onChange({ ...lists, prompts: event.target.value })}
          className="field max-h-[40dvh] min-h-40 grow resize-y px-3 py-2.5"
        />
      </Field>
      <Field
        label="Repositories"
        controlId={`${id}-repositories`}
        hint={
          repositoryCount > 1
            ? `${repositoryCount.toLocaleString("en")} repositories.`
            : "One per line."
        }
      >
        <textarea
          id={`${id}-repositories`}
          aria-describedby={`${id}-repositories-note`}
          value={lists.repositories}
          rows={7}
          autoCapitalize="none"
          spellCheck={false}
          placeholder={"owner/name\nhttps://…"}
          onChange={(event) => onChange({ ...lists, repositories: event.target.value })}
          className="field max-h-[40dvh] min-h-40 grow resize-y px-3 py-2.5 font-mono text-code"
        />
      </Field>
    </div>
  );
}
