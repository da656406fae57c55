"use client";

import { useMemo } from "react";
import { parseCsv } from "#lib/csv.ts";
import { formatCount } from "#components/format/format-count.ts";
import { visibleText } from "#components/format/visible-text.ts";

const ROWS_MAX = 200;
const COLUMNS_MAX = 30;
const FIELD_MAX_LENGTH = 200;

interface TablePreviewProps {
  text: string;
  /** There is more than the text. */
  isCut: boolean;
}

/** A table of values separated by commas, semicolons or tabs, as far as a page bears it. */
export function TablePreview({ text, isCut }: TablePreviewProps) {
  const { header, rows } = useMemo(() => parseCsv(text), [text]);
  const shown = rows.slice(0, ROWS_MAX);
  const left = [
    rows.length > ROWS_MAX || isCut
      ? `the first ${formatCount(shown.length, "row")}${isCut ? "" : ` of ${rows.length.toLocaleString("en")}`}`
      : null,
    header.length > COLUMNS_MAX ? `the first ${COLUMNS_MAX} of ${header.length} columns` : null,
  ].filter((words) => words !== null);
  return (
    <>
      <div
        role="group"
        aria-label="Table"
        tabIndex={0}
        className="max-h-[60dvh] overflow-auto rounded-sm border border-line focus-visible:-outline-offset-2"
      >
        <table className="w-full border-collapse text-left text-label tabular">
          <thead className="sticky top-0 bg-sunken">
            <tr>
              {header.slice(0, COLUMNS_MAX).map((name, index) => (
                // oxlint-disable-next-line react/no-array-index-key -- columns may have equal names
                <th key={index} scope="col" className="px-3 py-1.5 font-medium whitespace-nowrap">
                  {fieldText(name)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map(({ line, fields }) => (
              <tr key={line} className="border-t border-line">
                {fields.slice(0, COLUMNS_MAX).map((field, index) => (
                  // oxlint-disable-next-line react/no-array-index-key -- fields have no other name
                  <td
                    key={index}
                    className="max-w-80 min-w-20 px-3 py-1.5 align-top [overflow-wrap:anywhere]"
                  >
                    {fieldText(field)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {left.length > 0 && <p className="text-meta text-faint">Showing {left.join(", ")}.</p>}
    </>
  );
}

const fieldText = (field: string) =>
  visibleText(field.length > FIELD_MAX_LENGTH ? `${field.slice(0, FIELD_MAX_LENGTH)} …` : field);
