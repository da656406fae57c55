import type { ReactNode } from "react";
import ReactMarkdown from "react-markdown";
import remarkGfm from "remark-gfm";
import { Markdown } from "#components/markdown/markdown.tsx";

export type RendererName = "millrace" | "reactMarkdown";

/** Elements of a text, as each of them makes them. */
export const renderers: Record<RendererName, (text: string) => ReactNode> = {
  millrace: (text) => <Markdown text={text} />,
  reactMarkdown: (text) => <ReactMarkdown remarkPlugins={[remarkGfm]}>{text}</ReactMarkdown>,
};
