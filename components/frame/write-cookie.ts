const ONE_YEAR_SECONDS = 31_536_000;

/** Remembers a choice of how the page looks; the server reads it before it writes the page. */
export function writeCookie(name: string, value: string) {
  // oxlint-disable-next-line unicorn/no-document-cookie
  document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=${ONE_YEAR_SECONDS}; samesite=lax`;
}
