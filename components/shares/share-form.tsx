"use client";

import { useId } from "react";
import type { SecretFindings } from "#server/shares/redaction/list-findings.ts";
import type { ShownError } from "#components/api/read-error.ts";
import { Field } from "#components/ui/field.tsx";
import { Choice } from "./choice.tsx";
import { RangeFields } from "./range-fields.tsx";
import { SecretFields } from "./secret-fields.tsx";
import { ShareGroup } from "./share-group.tsx";
import {
  describeHidden,
  describeLink,
  describeRange,
  expiryDays,
  expiryWords,
  type ShareTurns,
  type ShareWishes,
} from "./share-wishes.ts";

interface ShareFormProps {
  wishes: ShareWishes;
  preview: ShareTurns & { secrets: SecretFindings };
  problem: ShownError | null;
  onChange: (change: Partial<ShareWishes>) => void;
}

/** Everything that can be chosen of a share. */
export function ShareForm({ wishes, preview, problem, onChange }: ShareFormProps) {
  return (
    <>
      <ModeFields wishes={wishes} onChange={onChange} />
      <SecretFields wishes={wishes} secrets={preview.secrets} onChange={onChange} />
      {preview.turnCount > 1 && (
        <ShareGroup title="Prompts" chosen={describeRange(wishes, preview)}>
          <RangeFields wishes={wishes} turns={preview} problem={problem} onChange={onChange} />
        </ShareGroup>
      )}
      <ShareGroup title="Leave out" chosen={describeHidden(wishes)}>
        <HiddenFields wishes={wishes} onChange={onChange} />
      </ShareGroup>
      <ShareGroup title="Link" chosen={describeLink(wishes)}>
        <EndFields wishes={wishes} problem={problem} onChange={onChange} />
      </ShareGroup>
      <p className="border-t border-line pt-3 text-meta text-soft">
        Told with it: title, agent, model, branch, the repository’s address, and what was used in
        tokens and cost.
      </p>
    </>
  );
}

type FieldsProps = Pick<ShareFormProps, "wishes" | "onChange">;

function HiddenFields({ wishes, onChange }: FieldsProps) {
  return (
    <fieldset className="flex flex-col">
      <legend className="sr-only">Leave out</legend>
      <Choice
        type="checkbox"
        label="Reasoning"
        isChosen={wishes.hidesReasoning}
        onChange={(hidesReasoning) => onChange({ hidesReasoning })}
      />
      <Choice
        type="checkbox"
        label="Outputs of tools"
        meaning="What tools were asked stays, also the text of files that they wrote."
        isChosen={wishes.hidesOutputs}
        onChange={(hidesOutputs) => onChange({ hidesOutputs })}
      />
      <Choice
        type="checkbox"
        label="Folders of the machine"
        meaning="/home/you/project/src/a.ts becomes ./src/a.ts"
        isChosen={wishes.hidesPaths}
        onChange={(hidesPaths) => onChange({ hidesPaths })}
      />
    </fieldset>
  );
}

function ModeFields({ wishes: { mode }, onChange }: FieldsProps) {
  return (
    <fieldset className="flex flex-col">
      <legend className="mb-1 text-label font-medium">It shows</legend>
      <Choice
        type="radio"
        name="mode"
        label="The session as it goes on"
        isChosen={mode === "live"}
        onChange={() => onChange({ mode: "live" })}
      />
      <Choice
        type="radio"
        name="mode"
        label="The session as it is now"
        meaning={
          mode === "frozen" &&
          "A turn that still runs is left out. What is changed later disappears from it, because only the newest text of each part is kept."
        }
        isChosen={mode === "frozen"}
        onChange={() => onChange({ mode: "frozen" })}
      />
    </fieldset>
  );
}

function EndFields({ wishes, problem, onChange }: Omit<ShareFormProps, "preview">) {
  const id = useId();
  return (
    <>
      <div className="flex flex-wrap gap-4">
        <Field label="Ends" controlId={`${id}-ends`}>
          <select
            id={`${id}-ends`}
            value={String(wishes.expiresInDays)}
            onChange={({ target }) =>
              onChange({
                expiresInDays: expiryDays.find((days) => String(days) === target.value) ?? null,
              })
            }
            className="field h-9 w-36 px-2 text-label pointer-coarse:h-11"
          >
            {expiryDays.map((days) => (
              <option key={days} value={String(days)}>
                {expiryWords(days)}
              </option>
            ))}
          </select>
        </Field>
        <Field
          label="Password"
          controlId={`${id}-password`}
          hint="Optional. Nobody can read it again, you neither."
          error={problem?.field === "password" ? problem.message : null}
          className="flex-1 basis-48"
        >
          <input
            id={`${id}-password`}
            name="password"
            type="text"
            autoComplete="off"
            spellCheck={false}
            aria-describedby={`${id}-password-note`}
            aria-invalid={problem?.field === "password"}
            value={wishes.password}
            onChange={({ target }) =>
              onChange({
                password: target.value,
                ...(target.value !== "" && { allowsEmbed: false }),
              })
            }
            className="field h-9 px-3 text-label pointer-coarse:h-11"
          />
        </Field>
      </div>
      <fieldset className="flex flex-col">
        <legend className="sr-only">Elsewhere</legend>
        <Choice
          type="checkbox"
          label="Other sites may embed it"
          meaning={wishes.password === "" ? undefined : "Not together with a password."}
          isChosen={wishes.allowsEmbed}
          isDisabled={wishes.password !== ""}
          onChange={(allowsEmbed) => onChange({ allowsEmbed })}
        />
        <Choice
          type="checkbox"
          label="Chats may show its title beside the link"
          meaning={wishes.password === "" ? undefined : "Not together with a password."}
          isChosen={wishes.allowsCard && wishes.password === ""}
          isDisabled={wishes.password !== ""}
          onChange={(allowsCard) => onChange({ allowsCard })}
        />
      </fieldset>
    </>
  );
}
