/**
 * An offset as clients see it: two numbers of 16 digits, so that they sort as text. The first is 0, as in streams of the
 * protocol's own server, whose tests write the offset of a stream's start in this form; 1 in an output whose value came
 * in place of what was streamed before, so that nobody goes on in it from an offset of the other.
 */
export const formatOffset = (
  position: number,
  { isReplaced = false }: { isReplaced?: boolean | undefined } = {},
): string => `${"0".repeat(15)}${Number(isReplaced)}_${String(position).padStart(16, "0")}`;
