import clsx from "clsx";
import type { MarkedToken, Token, Tokens } from "marked";
import type { ReactNode } from "react";
import { visibleText } from "#components/format/visible-text.ts";
import { CodeBlock } from "./code-block.tsx";
import { drawInline } from "./draw-inline.tsx";
import type { FootnoteToken } from "./footnotes.ts";
import { MoreRows } from "./more-rows.tsx";

/** Draws one block token and what is in it. */
export function drawBlock(token: Token, key = 0): ReactNode {
  const block = token as MarkedToken | FootnoteToken;
  switch (block.type) {
    case "paragraph":
      return <p key={key}>{drawInline(block.tokens)}</p>;
    case "heading":
      return drawHeading(block, key);
    case "code":
      return <CodeBlock key={key} text={block.text} language={block.lang ?? ""} />;
    case "list":
      return drawList(block, key);
    case "blockquote":
      return (
        <blockquote key={key} className="flex flex-col gap-3 border-l-2 border-line pl-4 text-soft">
          {block.tokens.map(drawBlock)}
        </blockquote>
      );
    case "table":
      return drawTable(block, key);
    case "hr":
      return <hr key={key} className="my-2 border-line" />;
    case "text":
      return <div key={key}>{drawInline(block.tokens ?? [block])}</div>;
    case "html":
      return (
        <p key={key} className="font-mono text-code whitespace-pre-wrap text-soft">
          {visibleText(block.raw.trim())}
        </p>
      );
    case "footnote":
      return (
        <div key={key} className="flex gap-2 text-label text-soft">
          <sup>{visibleText(block.label)}</sup>
          <div className="flex min-w-0 flex-col gap-2">
            {block.paragraphs.map((tokens, index) => (
              <p key={index}>{drawInline(tokens)}</p>
            ))}
          </div>
        </div>
      );
    case "space":
    case "def":
    case "checkbox":
      return null;
    default:
      return (
        <p key={key} className="whitespace-pre-wrap">
          {visibleText(block.raw)}
        </p>
      );
  }
}

/** The page's title is the first level and an article's name the second: what the agent wrote begins at the third. */
function drawHeading(token: Tokens.Heading, key: number): ReactNode {
  const Level =
    token.depth === 1 ? "h3" : token.depth === 2 ? "h4" : token.depth === 3 ? "h5" : "h6";
  return (
    <Level
      key={key}
      className={
        token.depth <= 2
          ? "mt-2 text-heading font-semibold first:mt-0"
          : "mt-2 text-body font-semibold first:mt-0"
      }
    >
      {drawInline(token.tokens)}
    </Level>
  );
}

/** More items of a list are drawn when somebody wants them. */
const ITEMS_MAX = 300;

function drawList(token: Tokens.List, key: number): ReactNode {
  const draw = (count: number) =>
    token.items.slice(0, count).map((item, index) => drawItem(item, index, token.loose));
  const gap = token.loose ? "gap-2" : "gap-1";
  const isTaskList = token.items.some(({ task }) => task);
  const look = isTaskList ? "list-none" : token.ordered ? "list-decimal pl-6" : "list-disc pl-5";
  const drawAround = (items: ReactNode) =>
    token.ordered ? (
      <ol
        key={key}
        start={token.start === "" ? 1 : token.start}
        className={clsx("flex flex-col marker:text-faint", gap, look)}
      >
        {items}
      </ol>
    ) : (
      <ul key={key} className={clsx("flex flex-col marker:text-faint", gap, look)}>
        {items}
      </ul>
    );
  if (token.items.length <= ITEMS_MAX) return drawAround(draw(ITEMS_MAX));
  return (
    <MoreRows key={key} total={token.items.length} step={ITEMS_MAX} noun="item">
      {(count) => drawAround(draw(count))}
    </MoreRows>
  );
}

function drawItem(item: Tokens.ListItem, key: number, isLoose: boolean): ReactNode {
  const only = item.tokens[0] as MarkedToken | undefined;
  // Most items are one line of text: no box of their own.
  if (!item.task && item.tokens.length === 1 && only?.type === "text")
    return <li key={key}>{drawInline(only.tokens ?? [only])}</li>;
  const content = (
    <div className={isLoose ? "flex min-w-0 flex-col gap-2" : "flex min-w-0 flex-col gap-1"}>
      {item.tokens.filter(({ type }) => type !== "checkbox").map(drawBlock)}
    </div>
  );
  if (!item.task) return <li key={key}>{content}</li>;
  return (
    <li key={key} className="flex items-start gap-2">
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

/** So many cells of a table are drawn at first. */
const CELLS_MAX = 600;
/** A table with more columns is none that anybody could read: its source is shown. */
const COLUMNS_MAX = 200;

function drawTable(token: Tokens.Table, key: number): ReactNode {
  const columnCount = token.header.length;
  if (columnCount > COLUMNS_MAX) return <CodeBlock key={key} text={token.raw} language="" />;
  const rowsMax = Math.max(10, Math.floor(CELLS_MAX / columnCount));
  const draw = (count: number) => drawRows(token, count);
  if (token.rows.length <= rowsMax) return drawTableBox(draw(rowsMax), key);
  return (
    <MoreRows key={key} total={token.rows.length} step={rowsMax} noun="row">
      {(count) => drawTableBox(draw(count), key)}
    </MoreRows>
  );
}

/** A wide table scrolls by itself, with the keyboard too; the page never does. */
function drawTableBox(content: ReactNode, key: number): ReactNode {
  return (
    <div
      key={key}
      className="max-w-full overflow-x-auto rounded border border-line"
      role="region"
      aria-label="Table"
      tabIndex={0}
    >
      <table className="w-full border-collapse text-label tabular [&_:is(td,th)]:border-b [&_:is(td,th)]:border-line [&_:is(td,th)]:px-3 [&_:is(td,th)]:py-1.5 [&_:is(td,th)]:align-top">
        {content}
      </table>
    </div>
  );
}

function drawRows(token: Tokens.Table, count: number): ReactNode {
  const look = ({ align }: Tokens.TableCell) => (align === "right" ? "text-right" : undefined);
  return (
    <>
      <thead className="bg-sunken text-left">
        <tr>
          {token.header.map((cell, index) => (
            <th key={index} scope="col" className={look(cell)}>
              {drawInline(cell.tokens)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody className="[&>tr:last-child>td]:border-b-0">
        {token.rows.slice(0, count).map((row, index) => (
          <tr key={index}>
            {row.map((cell, column) => (
              <td key={column} className={look(cell)}>
                {drawInline(cell.tokens)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </>
  );
}
