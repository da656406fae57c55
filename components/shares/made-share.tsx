"use client";

import { useState } from "react";
import { Button } from "#components/ui/button.tsx";
import { CopyButton } from "#components/ui/copy-button.tsx";
import { embedSnippet, shareUrl } from "./share-words.ts";

interface MadeShareProps {
  token: string;
  allowsEmbed: boolean;
  onDone: () => void;
}

/** A link that was just made, to be copied. */
export function MadeShare({ token, allowsEmbed, onDone }: MadeShareProps) {
  const url = shareUrl(token);
  const [isCopied, setIsCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(url);
    setIsCopied(true);
  };
  return (
    <div className="flex flex-col gap-4 p-4">
      <p className="text-label text-soft">
        The link is open. You can copy it again and take it back on the page Shares, or here.
      </p>
      <Copyable label="Link" text={url} />
      {allowsEmbed && <Copyable label="For a page of another site" text={embedSnippet(token)} />}
      <div className="flex justify-end gap-2">
        <Button onClick={onDone}>Done</Button>
        <Button
          data-first-focus
          look="primary"
          onClick={() => void copy().catch(() => setIsCopied(false))}
        >
          {isCopied ? "Copied" : "Copy link"}
        </Button>
      </div>
    </div>
  );
}

function Copyable({ label, text }: { label: string; text: string }) {
  return (
    <div className="flex flex-col gap-1.5">
      <p className="text-meta text-soft">{label}</p>
      <div className="flex items-start gap-2 rounded border border-line bg-sunken py-1.5 pr-1.5 pl-3">
        <code
          className="min-w-0 flex-1 self-center font-mono text-meta break-all"
          aria-label={label}
        >
          {text}
        </code>
        <CopyButton text={text} label={`Copy: ${label}`} />
      </div>
    </div>
  );
}
