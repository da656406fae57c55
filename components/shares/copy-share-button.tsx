"use client";

import { useState } from "react";
import { useTRPCClient } from "#components/api/trpc.ts";
import { visibleText } from "#components/format/visible-text.ts";
import { Button } from "#components/ui/button.tsx";
import { shareUrl } from "./share-words.ts";

/** Copies a share's link, which the server derives again, and says whether it did. */
export function CopyShareButton({ shareId, title }: { shareId: string; title: string }) {
  const client = useTRPCClient();
  const [outcome, setOutcome] = useState<"copied" | "failed" | null>(null);

  async function copy() {
    try {
      const { token } = await client.share.copy.mutate({ shareId });
      await navigator.clipboard.writeText(shareUrl(token));
      setOutcome("copied");
    } catch {
      setOutcome("failed");
    }
  }

  const word = outcome === null ? "Copy link" : outcome === "copied" ? "Copied" : "Could not copy";
  return (
    <Button isSmall aria-label={`${word}: ${visibleText(title)}`} onClick={() => void copy()}>
      <span aria-live="polite">{word}</span>
    </Button>
  );
}
