"use client";

import { useState } from "react";
import { useTRPCClient } from "#components/api/trpc.ts";
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

  const words = { copied: "Copied", failed: "Could not copy" };
  return (
    <Button isSmall aria-label={`Copy the link of ${title}`} onClick={() => void copy()}>
      <span aria-live="polite">{outcome === null ? "Copy link" : words[outcome]}</span>
    </Button>
  );
}
