"use client";

import Link from "next/link";
import { useState } from "react";
import { createSessionId } from "#lib/ids.ts";
import { CopyButton } from "#components/ui/copy-button.tsx";
import { useHydrated } from "#components/ui/use-hydrated.ts";
import { uploadLines } from "./upload-lines.ts";

/** The same from a terminal: through the CLI, which resumes, and with nothing but curl. */
export function CommandLines({ sessionId }: { sessionId: string | null }) {
  const [newId] = useState(createSessionId);
  const isHydrated = useHydrated();
  // Server and browser would make different ids, and only the browser knows where it is.
  const origin = isHydrated ? location.origin : "…";
  const target = sessionId ?? (isHydrated ? newId : "…");
  const lines = uploadLines(origin, { target, isNew: sessionId === null });
  return (
    <section aria-labelledby="from-a-terminal" className="flex flex-col gap-3">
      <div className="flex flex-col gap-1">
        <h2 id="from-a-terminal" className="text-label font-semibold">
          From a terminal
        </h2>
        <p className="text-meta text-soft">
          Both want an API token that may bring in sessions, in{" "}
          <code className="font-mono">MILLRACE_TOKEN</code>; make one in the{" "}
          <Link href="/settings" className="rounded text-accent underline underline-offset-2">
            settings
          </Link>
          .
        </p>
      </div>
      {lines.map(({ label, command }) => (
        <div
          key={label}
          className="flex items-start gap-1 rounded border border-line bg-sunken py-1 pr-1 pl-3"
        >
          <code
            aria-label={label}
            className="min-w-0 flex-1 py-1 font-mono text-code wrap-anywhere"
          >
            {command}
          </code>
          <CopyButton text={command} label={`Copy the line for ${label}`} />
        </div>
      ))}
    </section>
  );
}
