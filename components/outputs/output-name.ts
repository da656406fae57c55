import type { Output } from "#lib/output.ts";
import { visibleText } from "#components/format/visible-text.ts";

/** Files and what tools send are named by paths, whose last part alone is their name. */
const hasPath = (source: Output["source"]) => source === "file" || source === "tool";

/** What an output is called on pages: its port, which tells equal names of several folders apart. */
export const outputName = ({ port, name, source }: Pick<Output, "port" | "name" | "source">) =>
  visibleText((hasPath(source) ? port : (name ?? port)).slice(0, 500));
