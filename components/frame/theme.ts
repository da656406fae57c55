/** Kept in a cookie so that the server writes the right scheme into the first byte of the page: no flash, no script. */
export const THEME_COOKIE = "millrace-theme";

export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

/** Anything unknown is the system's choice. */
export function parseTheme(value: string | undefined): Theme {
  return themes.find((theme) => theme === value) ?? "system";
}
