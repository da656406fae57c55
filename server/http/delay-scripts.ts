const SCRIPT =
  /<script src="(\/_next\/static\/[^"]+)"(?: async="")? nonce="([^"]*)"(?: async="")?><\/script>/g;

const SHEET =
  /<link rel="stylesheet" href="(\/_next\/static\/[^"]+)" nonce="[^"]*" data-precedence="next"\/>/g;

/** Asks for a script early. */
const PRELOAD = /<link rel="preload" as="script"[^>]* href="\/_next\/static\/[^"]+"[^>]*\/>/g;

/**
 * Makes a page one that needs nothing else for its first frame: the styles that it links to stand in it, and the scripts
 * that it loads are loaded by a small one behind that frame. Their order never mattered: each is `async`. The links come
 * back then, because React looks for them, for a medium that takes no time. Text that looks like any of it is never
 * touched, because pages write `<` of texts as `&lt;`, and as `\u003c` in scripts. HTML without such scripts comes back as
 * it is.
 */
export function delayScripts(html: string, styles: ReadonlyMap<string, string>): string {
  const scripts: string[] = [];
  const sheets: string[] = [];
  let nonce = "";
  const rest = html.replace(SCRIPT, (_, source: string, own: string) => {
    scripts.push(source);
    nonce = own;
    return "";
  });
  if (scripts.length === 0) return html;
  const whole = rest.replace(SHEET, (link: string, href: string) => {
    const style = styles.get(href);
    if (style === undefined) return link;
    sheets.push(href);
    return `<style nonce="${nonce}">${style}</style>`;
  });
  const loader = `<script nonce="${nonce}">(${loadAfterFrame})(${JSON.stringify(scripts)},${JSON.stringify(sheets)})</script>`;
  return whole.replaceAll(PRELOAD, "").replace("</head>", () => `${loader}</head>`);
}

/** Written out, because what a bundler makes of a function may need what the page does not have. */
const loadAfterFrame = `(scripts, sheets) => {
  const nonce = document.currentScript.nonce;
  const load = () => {
    for (const href of sheets) {
      const link = document.createElement("link");
      link.dataset.precedence = "next";
      document.head.append(Object.assign(link, { rel: "stylesheet", media: "print", href, nonce }));
    }
    for (const src of scripts)
      document.head.append(
        Object.assign(document.createElement("script"), { src, async: true, nonce }),
      );
  };
  if (document.visibilityState === "visible") requestAnimationFrame(() => setTimeout(load));
  else load();
}`;
