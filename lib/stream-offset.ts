/**
 * An offset as clients see it: two numbers of 16 digits, so that they sort as text. The first is always 0, as in
 * streams of the protocol's own server, whose tests write the offset of a stream's start in this form.
 */
export const formatOffset = (position: number): string =>
  `${"0".repeat(16)}_${String(position).padStart(16, "0")}`;
