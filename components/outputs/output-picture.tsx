"use client";

import clsx from "clsx";
import { useRef, useState } from "react";
import type { Output } from "#lib/output.ts";
import { usePaced } from "#components/batches/use-paced.ts";
import { useNearScreen } from "#components/transcript/use-near-screen.ts";
import { outputUrl } from "./fetch-piece.ts";
import { outputName } from "./output-name.ts";
import { useGrowth } from "./use-growth.ts";
import { usePictureHead } from "./use-picture-head.ts";

const PACE_MS = 1_000;

interface OutputPictureProps {
  output: Output;
  /** Its size: the box is there before the picture. */
  className: string;
  /** Empty where its name stands beside it. */
  alt?: string;
}

/** A picture in a box of its own, as far as it has come. */
export function OutputPicture({ output, className, alt = outputName(output) }: OutputPictureProps) {
  const box = useRef<HTMLDivElement>(null);
  const isNear = useNearScreen(box);
  return (
    <div ref={box} className={clsx("flex items-center justify-center overflow-hidden", className)}>
      {isNear && <NearPicture output={output} alt={alt} />}
    </div>
  );
}

function NearPicture({ output, alt }: { output: Output; alt: string }) {
  const { outputId, state } = output;
  const bytes = usePaced(useGrowth(output).bytes, PACE_MS);
  const { picture, trouble } = usePictureHead(output, bytes);
  const [failedAt, setFailedAt] = useState<string | null>(null);
  // While it grows each address is another picture: the browser draws what there is of it.
  const url = outputUrl(outputId) + (state === "writing" ? `?bytes=${bytes}` : "");
  const words = trouble ?? (failedAt === url && state !== "writing" ? "It cannot be shown" : null);
  if (words !== null)
    return (
      <p className="rounded-sm bg-surface px-2 py-1 text-meta text-soft">
        {words}. It can be downloaded.
      </p>
    );
  if (picture === null)
    return (
      <p className="rounded-sm bg-surface px-2 py-1 text-meta text-faint">
        {state === "writing" ? "The picture is arriving …" : "Loading the picture …"}
      </p>
    );
  return (
    // oxlint-disable-next-line nextjs/no-img-element
    <img
      src={url}
      alt={alt}
      decoding="async"
      draggable={false}
      onError={() => setFailedAt(url)}
      className="checkered max-h-full max-w-full object-contain"
    />
  );
}
