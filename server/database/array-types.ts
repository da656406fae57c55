import type { PostgresType } from "postgres";

type Element = string | number | boolean | null;

const text = (element: string): Element => element;

/** PostgreSQL's numbers of the array types that our queries use, and how an element is read. */
const arrays: [oid: number, parse: (element: string) => Element][] = [
  [1000, (element) => element === "t"], // boolean[]
  [1007, Number], // integer[]
  [1009, text], // text[]
  [1015, text], // varchar[]
  [1016, text], // bigint[], as text like a single bigint
  [1022, Number], // double precision[]
  [2951, text], // uuid[]
];

/**
 * Flat arrays for postgres.js. It would otherwise ask the server for its types on every new connection, and ends the
 * whole process when the connection is lost during that question: nobody catches its rejection (version 3.4.9).
 * An array of a type that is not listed arrives, and must be given, as text: add the type here.
 */
export const arrayTypes: Record<string, PostgresType> = Object.fromEntries(
  arrays.map(([oid, parse]) => [
    `array${oid}`,
    {
      to: oid,
      from: [oid],
      serialize: writeArray,
      parse: (written: string) => readArray(written, parse),
    },
  ]),
);

/** Drizzle writes its arrays itself: text is passed on. */
function writeArray(value: Element[] | string): string {
  if (typeof value === "string") return value;
  return `{${value.map(writeElement).join(",")}}`;
}

function writeElement(element: Element): string {
  if (typeof element !== "string") return String(element);
  // To look is much cheaper than to replace: bulk writes pass thousands of ids.
  return `"${/["\\]/.test(element) ? element.replaceAll(/["\\]/g, "\\$&") : element}"`;
}

function readArray(written: string, parse: (element: string) => Element): Element[] {
  const elements = written.slice(1, -1).matchAll(/"((?:[^"\\]|\\.)*)"|([^,]+)/gs);
  return Array.from(elements, ([, quoted, plain = ""]) => {
    if (quoted !== undefined) return parse(quoted.replaceAll(/\\(.)/gs, "$1"));
    return plain === "NULL" ? null : parse(plain);
  });
}
