"use client";

import { ChevronRight, ShieldAlert, ShieldCheck } from "lucide-react";
import type { SecretFinding, SecretFindings } from "#server/shares/redaction/list-findings.ts";
import { Choice } from "./choice.tsx";
import type { ShareWishes } from "./share-wishes.ts";

interface SecretFieldsProps {
  wishes: ShareWishes;
  secrets: SecretFindings;
  onChange: (change: Partial<ShareWishes>) => void;
}

/** What was found that nobody should see: hidden unless chosen otherwise. */
export function SecretFields({ wishes, secrets, onChange }: SecretFieldsProps) {
  const { findings, definiteCount, possibleCount, isComplete } = secrets;
  const definite = findings.filter(({ isDefinite }) => isDefinite);
  const possible = findings.filter(({ isDefinite }) => !isDefinite);
  const toggle = (fingerprint: string) =>
    onChange({
      shownSecrets: wishes.shownSecrets.includes(fingerprint)
        ? wishes.shownSecrets.filter((each) => each !== fingerprint)
        : [...wishes.shownSecrets, fingerprint],
    });
  const Icon = definiteCount > 0 ? ShieldAlert : ShieldCheck;
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-label font-medium">Secrets</legend>
      <p className="flex items-start gap-2 text-label text-soft">
        <Icon aria-hidden className="mt-0.5 size-4 shrink-0" />
        <span>
          {definiteCount === 0
            ? "No keys or tokens of known kinds were found."
            : definiteCount === 1
              ? "One key or token was found. It is hidden wherever it stands."
              : `${definiteCount} keys and tokens were found. They are hidden wherever they stand.`}
          {!isComplete && " The session is still being looked through; what comes is hidden, too."}{" "}
          Pictures are not looked at.
        </span>
      </p>
      {definite.length > 0 && (
        <ul aria-label="Secrets that were found" className="rounded border border-line">
          {definite.map((finding) => (
            <li
              key={finding.fingerprint}
              className="border-b border-line px-3 py-1 last:border-b-0"
            >
              <Choice
                type="checkbox"
                label={`Show: ${finding.label}`}
                meaning={<Place finding={finding} />}
                isChosen={wishes.shownSecrets.includes(finding.fingerprint)}
                isDisabled={!isComplete}
                onChange={() => toggle(finding.fingerprint)}
              />
            </li>
          ))}
        </ul>
      )}
      {possibleCount > 0 && (
        <>
          <Choice
            type="checkbox"
            label={`Hide possible secrets, too (${possibleCount})`}
            meaning="Values of names like “password”, and text that looks random. Ordinary text may go with it."
            isChosen={wishes.masksPossible}
            onChange={(masksPossible) => onChange({ masksPossible })}
          />
          <details className="group text-meta text-soft">
            <summary className="inline-flex items-center gap-1 rounded py-1 marker:content-none hover:text-ink">
              <ChevronRight
                aria-hidden
                className="size-3.5 transition-transform group-open:rotate-90"
              />
              Possible secrets
            </summary>
            <ul className="flex flex-col gap-1 py-1 pl-4">
              {possible.map((finding) => (
                <li key={finding.fingerprint}>
                  {finding.label}: <Place finding={finding} />
                </li>
              ))}
            </ul>
          </details>
        </>
      )}
    </fieldset>
  );
}

function Place({
  finding: { preview, placeCount, messageId, partId },
}: {
  finding: SecretFinding;
}) {
  return (
    <>
      <code className="font-mono">{preview}</code>
      {placeCount > 1 && `, ${placeCount} times`}{" "}
      <a
        href={`#${encodeURIComponent(partId === "" ? messageId : partId)}`}
        target="_blank"
        className="rounded text-accent underline underline-offset-2"
      >
        Where
      </a>
    </>
  );
}
