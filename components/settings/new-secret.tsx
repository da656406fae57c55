"use client";

import { KeyRound } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button } from "#components/ui/button.tsx";
import { CopyButton } from "#components/ui/copy-button.tsx";
import { curlLine } from "./curl-line.ts";
import type { CreatedToken } from "./token-form.tsx";

/** The one time that a token's secret is seen, with a line to try it. */
export function NewSecret({ token, onDone }: { token: CreatedToken; onDone: () => void }) {
  // The line holds a new session's id, which stays the same while it is shown.
  const [line] = useState(() => curlLine(location.origin, token));
  const headingRef = useRef<HTMLHeadingElement>(null);
  useEffect(() => headingRef.current?.focus(), []);
  return (
    <section
      aria-labelledby="new-secret"
      className="flex flex-col gap-4 rounded border border-success bg-surface p-4"
    >
      <div className="flex flex-col gap-1">
        <h3
          id="new-secret"
          tabIndex={-1}
          ref={headingRef}
          className="flex items-center gap-2 rounded text-label font-semibold"
        >
          <KeyRound aria-hidden className="size-4 shrink-0 text-success" />
          <span className="min-w-0 break-words">Token “{token.name}” is made</span>
        </h3>
        <p className="text-label text-soft">
          Copy it now: it is shown this once, and nobody can read it again.
        </p>
      </div>
      <Copyable label="The token" copyLabel="Copy the token" text={token.secret} />
      {line !== null && (
        <div className="flex flex-col gap-1.5">
          <p className="text-meta text-soft">{line.meaning}</p>
          <Copyable label="Command" copyLabel="Copy the command" text={line.command} />
        </div>
      )}
      <div className="flex justify-end">
        <Button onClick={onDone}>Done</Button>
      </div>
    </section>
  );
}

interface CopyableProps {
  label: string;
  copyLabel: string;
  text: string;
}

function Copyable({ label, copyLabel, text }: CopyableProps) {
  return (
    <div className="flex items-start gap-1 rounded border border-line bg-sunken py-1 pr-1 pl-3">
      <code aria-label={label} className="min-w-0 flex-1 py-1 font-mono text-code break-all">
        {text}
      </code>
      <CopyButton text={text} label={copyLabel} />
    </div>
  );
}
