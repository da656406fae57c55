const allowed: ReadonlySet<string> = new Set(["http:", "https:", "mailto:"]);

/** The address when a person may follow it, else null: only absolute http, https and mailto links are drawn as links. */
export function safeLink(href: string): string | null {
  try {
    const url = new URL(href);
    return allowed.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
