const SCRIPT =
  /<script src="(\/_next\/static\/[^"]+)"(?: async="")? nonce="([^"]*)"(?: async="")?><\/script>/g;

/** Asks for one of them early. */
const PRELOAD = /<link rel="preload" as="script"[^>]* href="\/_next\/static\/[^"]+"[^>]*\/>/g;

/**
 * Takes the scripts that a page loads out of its HTML and has one small one load them after the first frame. Their order
 * never mattered: each is `async`. Text that looks like one of them is never touched, because pages write `<` of texts as
 * `&lt;`, and as `\u003c` in scripts. HTML without such scripts comes back as it is.
 */
export function delayScripts(html: string): string {
  const sources: string[] = [];
  let nonce = "";
  const rest = html.replace(SCRIPT, (_, source: string, own: string) => {
    sources.push(source);
    nonce = own;
    return "";
  });
  if (sources.length === 0) return html;
  const loader = `<script nonce="${nonce}">(${loadAfterFrame})(${JSON.stringify(sources)})</script>`;
  return rest.replaceAll(PRELOAD, "").replace("</head>", () => `${loader}</head>`);
}

/** Written out, because what a bundler makes of a function may need what the page does not have. */
const loadAfterFrame = `sources => {
  const nonce = document.currentScript.nonce;
  const load = () => {
    for (const source of sources) {
      const script = document.createElement("script");
      script.src = source;
      script.async = true;
      script.nonce = nonce;
      document.head.append(script);
    }
  };
  if (document.visibilityState === "visible") requestAnimationFrame(() => setTimeout(load));
  else load();
}`;
