import { visibleText } from "#components/format/visible-text.ts";
import { createLazy } from "#components/ui/create-lazy.tsx";

// What is only seen once something is opened, or is too large for its place: not among the page's first scripts.

export const LazyToolBody = createLazy({
  load: async () => (await import("./tool/tool-body.tsx")).ToolBody,
});

export const LazySubSessionBody = createLazy({
  load: async () => (await import("./sub-session/sub-session-body.tsx")).SubSessionBody,
});

export const LazyRawJson = createLazy({
  load: async () => (await import("./raw-json.tsx")).RawJson,
});

export const LazyOutputBlock = createLazy({
  load: async () => (await import("./output-block.tsx")).OutputBlock,
  Waiting: ({ text }: { text: string }) => <Beginning text={text} />,
});

const BEGINNING_LENGTH = 2_000;

function Beginning({ text }: { text: string }) {
  return (
    <p className="max-h-[50dvh] overflow-hidden rounded-sm bg-sunken px-3 py-2.5 font-mono text-code [overflow-wrap:anywhere] whitespace-pre-wrap">
      {visibleText(text.slice(0, BEGINNING_LENGTH))}
    </p>
  );
}
