const UNITS = ["bytes", "KB", "MB", "GB", "TB", "PB", "EB"];

/** Rounded down: 1,999,999 bytes are "1.9 MB", so that what is free never looks like enough. */
export function bytesInWords(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  return `${Math.floor((bytes / 1000 ** power) * 10) / 10} ${UNITS[power]}`;
}
