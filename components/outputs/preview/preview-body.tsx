"use client";

import { useState } from "react";
import type { Output } from "#lib/output.ts";
import { outputKind } from "#lib/output-kind.ts";
import { outputUrl } from "../fetch-piece.ts";
import { outputName } from "../output-name.ts";
import { OutputTail } from "../output-tail.tsx";
import { useGrowth } from "../use-growth.ts";
import { FollowedText } from "./followed-text.tsx";
import { HexPreview } from "./hex-preview.tsx";
import { PicturePreview } from "./picture-preview.tsx";
import { TextPreview } from "./text-preview.tsx";

/** What can be seen of an output, by its kind. */
export function PreviewBody({ output }: { output: Output }) {
  const kind = outputKind(output.mime);
  const { bytes } = useGrowth(output);
  if (kind === "picture") return <PicturePreview output={output} />;
  if (bytes === 0)
    return (
      <Remark>
        {output.state === "writing" ? "Its first byte has not come yet." : "It is empty."}
      </Remark>
    );
  switch (kind) {
    case "text":
      return <FollowedText output={output} />;
    case "json":
    case "table":
      if (output.state === "writing") return <OutputTail output={output} className="h-[60dvh]" />;
      return <TextPreview output={output} kind={kind} />;
    case "sound":
    case "video":
      return <MediaPreview output={output} isVideo={kind === "video"} />;
    case "pdf":
      return <PdfPreview output={output} />;
    case "other":
      return <HexPreview output={output} />;
  }
}

const Remark = ({ children }: { children: string }) => (
  <p className="px-4 py-6 text-label text-soft">{children}</p>
);

/** In the viewer of the browser, where it has one: it runs what it shows apart from pages, and the answer is sandboxed. */
function PdfPreview({ output }: { output: Output }) {
  if (output.state === "writing") return <Remark>It can be read once it is complete.</Remark>;
  if (!navigator.pdfViewerEnabled)
    return <Remark>This browser shows no PDF. Download it to read it.</Remark>;
  return (
    // oxlint-disable-next-line react/iframe-missing-sandbox -- with it Chromium shows no PDF; the answer is sandboxed
    <iframe
      title={outputName(output)}
      src={outputUrl(output.outputId)}
      className="block h-[70dvh] w-full border-0 bg-sunken"
    />
  );
}

function MediaPreview({ output, isVideo }: { output: Output; isVideo: boolean }) {
  const [hasFailed, setHasFailed] = useState(false);
  const Player = isVideo ? "video" : "audio";
  if (output.state === "writing") return <Remark>It can be played once it is complete.</Remark>;
  if (hasFailed) return <Remark>This browser cannot play it. It can be downloaded.</Remark>;
  return (
    <div className="flex justify-center p-4">
      {/* oxlint-disable-next-line jsx-a11y/media-has-caption -- nobody made captions for what an agent brought out */}
      <Player
        controls
        preload="metadata"
        src={outputUrl(output.outputId)}
        aria-label={outputName(output)}
        onError={() => setHasFailed(true)}
        className={isVideo ? "max-h-[60dvh] w-full" : "w-full"}
      />
    </div>
  );
}
