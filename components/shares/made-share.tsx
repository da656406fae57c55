"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ExternalLink } from "lucide-react";
import { useState } from "react";
import { readError } from "#components/api/read-error.ts";
import { useTRPC } from "#components/api/trpc.ts";
import { Button } from "#components/ui/button.tsx";
import { CopyButton } from "#components/ui/copy-button.tsx";
import { ErrorText } from "#components/ui/field.tsx";
import { embedSnippet, shareUrl } from "./share-words.ts";

interface MadeShareProps {
  shareId: string;
  token: string;
  allowsEmbed: boolean;
  onDone: () => void;
}

/** A link that was just made: to be copied, opened, or taken back at once. */
export function MadeShare({ shareId, token, allowsEmbed, onDone }: MadeShareProps) {
  const url = shareUrl(token);
  const [isCopied, setIsCopied] = useState(false);
  const trpc = useTRPC();
  const queryClient = useQueryClient();
  const revoke = useMutation(
    trpc.share.revoke.mutationOptions({
      onSuccess: () => queryClient.invalidateQueries(trpc.share.list.queryFilter()),
    }),
  );
  const copy = async () => {
    await navigator.clipboard.writeText(url);
    setIsCopied(true);
  };
  if (revoke.isSuccess) {
    return (
      <div className="flex flex-col gap-4 p-4">
        <p role="status" className="text-label text-soft">
          The link was taken back. It opens nothing any more.
        </p>
        <Button autoFocus className="self-end" onClick={onDone}>
          Done
        </Button>
      </div>
    );
  }
  return (
    <div className="flex flex-col gap-4 p-4">
      <p className="text-label text-soft">
        The link is open. On the page Shares you can copy it again, and take it back; here, too.
      </p>
      <Copyable label="Link" text={url} href={url} />
      {allowsEmbed && <Copyable label="For a page of another site" text={embedSnippet(token)} />}
      {revoke.error && (
        <p className="text-meta">
          <ErrorText>{readError(revoke.error).message}</ErrorText>
        </p>
      )}
      <div className="flex flex-wrap justify-end gap-2">
        <Button
          look="quiet"
          className="mr-auto"
          disabled={revoke.isPending}
          onClick={() => revoke.mutate({ shareId })}
        >
          Take back
        </Button>
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

interface CopyableProps {
  label: string;
  text: string;
  /** Where it leads, for what can be opened. */
  href?: string;
}

function Copyable({ label, text, href }: CopyableProps) {
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
        {href !== undefined && (
          <a
            href={href}
            target="_blank"
            rel="noreferrer"
            aria-label="Open the link"
            title="Open the link"
            className="inline-flex size-7 shrink-0 items-center justify-center rounded text-faint hover:bg-hover hover:text-ink pointer-coarse:size-9"
          >
            <ExternalLink aria-hidden className="size-3.5" />
          </a>
        )}
        <CopyButton text={text} label={`Copy: ${label}`} />
      </div>
    </div>
  );
}
