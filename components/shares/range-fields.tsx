"use client";

import { useId } from "react";
import type { ShownError } from "#components/api/read-error.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { Field } from "#components/ui/field.tsx";
import { turnOf, type ShareTurns, type ShareWishes } from "./share-wishes.ts";

const TITLE_SHOWN_CHARACTERS = 60;

interface RangeFieldsProps {
  wishes: ShareWishes;
  turns: ShareTurns;
  problem: ShownError | null;
  onChange: (change: Partial<ShareWishes>) => void;
}

/** First and last turn, chosen by the first words of their prompts. */
export function RangeFields({ wishes, turns, problem, onChange }: RangeFieldsProps) {
  const { fromMessageId, toMessageId, mode } = wishes;
  const first = turnOf(fromMessageId, turns) ?? 1;
  const last = turnOf(toMessageId, turns) ?? turns.turnCount;
  const errorOf = (field: string) => (problem?.field === field ? problem.message : null);
  return (
    <div className="flex flex-col gap-4 sm:flex-row">
      <PromptField
        label="From prompt"
        name="fromMessageId"
        anyWord="The first"
        chosen={fromMessageId}
        prompts={turns.prompts.filter(({ turn }) => turn <= last)}
        error={errorOf("fromMessageId")}
        onChoose={(messageId) => onChange({ fromMessageId: messageId })}
      />
      <PromptField
        label="To prompt"
        name="toMessageId"
        anyWord={mode === "live" ? "The last, also later" : "The last"}
        chosen={toMessageId}
        prompts={turns.prompts.filter(({ turn }) => turn >= first)}
        error={errorOf("toMessageId")}
        onChoose={(messageId) => onChange({ toMessageId: messageId })}
      />
    </div>
  );
}

interface PromptFieldProps {
  label: string;
  name: string;
  /** What stands for the session's own end. */
  anyWord: string;
  chosen: string | null;
  prompts: ShareTurns["prompts"];
  error: string | null;
  onChoose: (messageId: string | null) => void;
}

function PromptField({ label, name, anyWord, chosen, prompts, error, onChoose }: PromptFieldProps) {
  const id = useId();
  return (
    <Field label={label} controlId={id} error={error} className="min-w-0 flex-1">
      <select
        id={id}
        name={name}
        value={chosen ?? ""}
        onChange={({ target }) => onChoose(target.value === "" ? null : target.value)}
        className="field h-9 w-full min-w-0 px-2 text-label pointer-coarse:h-11"
      >
        <option value="">{anyWord}</option>
        {prompts.map(({ messageId, turn, title }) => (
          <option key={messageId} value={messageId}>
            {turn}. {shorten(visibleText(title)) || "(no text)"}
          </option>
        ))}
      </select>
    </Field>
  );
}

const shorten = (title: string): string =>
  title.length <= TITLE_SHOWN_CHARACTERS ? title : `${title.slice(0, TITLE_SHOWN_CHARACTERS)} …`;
