import clsx from "clsx";
import type { MarkedToken, Token, Tokens } from "marked";
import type { ReactNode } from "react";
import { visibleText } from "#components/format/visible-text.ts";
import { CodeBlock } from "./code-block.tsx";
import { Inline } from "./inline.tsx";

/** Draws one block token and what is in it. */
export function BlockToken({ token }: { token: Token }): ReactNode {
  const block = token as MarkedToken;
  switch (block.type) {
    case "paragraph":
      return (
        <p>
          <Inline tokens={block.tokens} />
        </p>
      );
    case "heading":
      return <Heading token={block} />;
    case "code":
      return <CodeBlock text={block.text} language={block.lang ?? ""} />;
    case "list":
      return <List token={block} />;
    case "blockquote":
      return (
        <blockquote className="flex flex-col gap-3 border-l-2 border-line pl-4 text-soft">
          <Blocks tokens={block.tokens} />
        </blockquote>
      );
    case "table":
      return <Table token={block} />;
    case "hr":
      return <hr className="my-2 border-line" />;
    case "text":
      return (
        <div>
          <Inline tokens={block.tokens ?? [block]} />
        </div>
      );
    case "html":
      return (
        <p className="font-mono text-code whitespace-pre-wrap text-soft">
          {visibleText(block.raw.trim())}
        </p>
      );
    case "space":
    case "def":
    case "checkbox":
      return null;
    default:
      return <p className="whitespace-pre-wrap">{visibleText(block.raw)}</p>;
  }
}

function Blocks({ tokens }: { tokens: readonly Token[] }) {
  return tokens.map((token, index) => <BlockToken key={index} token={token} />);
}

/** The page's title is the first level and an article's name the second: what the agent wrote begins at the third. */
function Heading({ token }: { token: Tokens.Heading }) {
  const Level =
    token.depth === 1 ? "h3" : token.depth === 2 ? "h4" : token.depth === 3 ? "h5" : "h6";
  const size = token.depth <= 2 ? "text-heading" : "text-body";
  return (
    <Level className={clsx("mt-2 font-semibold first:mt-0", size)}>
      <Inline tokens={token.tokens} />
    </Level>
  );
}

function List({ token }: { token: Tokens.List }) {
  const items = token.items.map((item, index) => (
    <ListItem key={index} item={item} isLoose={token.loose} />
  ));
  const isTaskList = token.items.some(({ task }) => task);
  const gap = token.loose ? "gap-2" : "gap-1";
  if (token.ordered) {
    return (
      <ol
        start={token.start === "" ? 1 : token.start}
        className={clsx("flex list-decimal flex-col pl-6", gap)}
      >
        {items}
      </ol>
    );
  }
  return (
    <ul className={clsx("flex flex-col", gap, isTaskList ? "list-none" : "list-disc pl-5")}>
      {items}
    </ul>
  );
}

function ListItem({ item, isLoose }: { item: Tokens.ListItem; isLoose: boolean }) {
  const body = <Blocks tokens={item.tokens.filter(({ type }) => type !== "checkbox")} />;
  const content = (
    <div className={clsx("flex min-w-0 flex-col", isLoose ? "gap-2" : "gap-1")}>{body}</div>
  );
  if (!item.task) return <li className="marker:text-faint">{content}</li>;
  return (
    <li className="flex items-start gap-2">
      <input
        type="checkbox"
        checked={item.checked ?? false}
        readOnly
        disabled
        aria-label="Done"
        className="mt-1.5 size-3.5"
      />
      {content}
    </li>
  );
}

function Table({ token }: { token: Tokens.Table }) {
  const cell = (content: Tokens.TableCell) => ({
    className: clsx(
      "border-b border-line px-3 py-1.5 align-top",
      content.align === "right" && "text-right",
    ),
    children: <Inline tokens={content.tokens} />,
  });
  return (
    // A wide table scrolls by itself, with the keyboard too; the page never does.
    <div
      className="overflow-x-auto rounded border border-line"
      role="region"
      aria-label="Table"
      tabIndex={0}
    >
      <table className="w-full border-collapse text-label tabular">
        <thead className="bg-sunken text-left">
          <tr>
            {token.header.map((content, index) => (
              <th key={index} scope="col" {...cell(content)} />
            ))}
          </tr>
        </thead>
        <tbody className="[&>tr:last-child>td]:border-b-0">
          {token.rows.map((row, index) => (
            <tr key={index}>
              {row.map((content, column) => (
                <td key={column} {...cell(content)} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
