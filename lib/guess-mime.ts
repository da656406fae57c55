/** Of bytes of any kind. */
export const UNKNOWN_MIME = "application/octet-stream";

const mimeByExtension: Record<string, string> = {
  avif: "image/avif",
  bin: UNKNOWN_MIME,
  bmp: "image/bmp",
  cjs: "text/javascript",
  css: "text/css",
  csv: "text/csv",
  geojson: "application/geo+json",
  gif: "image/gif",
  gz: "application/gzip",
  htm: "text/html",
  html: "text/html",
  ipynb: "application/json",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  js: "text/javascript",
  json: "application/json",
  jsonl: "application/x-ndjson",
  markdown: "text/markdown",
  md: "text/markdown",
  mjs: "text/javascript",
  mp3: "audio/mpeg",
  mp4: "video/mp4",
  ndjson: "application/x-ndjson",
  ogg: "audio/ogg",
  pdf: "application/pdf",
  png: "image/png",
  svg: "image/svg+xml",
  tar: "application/x-tar",
  tsv: "text/tab-separated-values",
  wav: "audio/wav",
  webm: "video/webm",
  webp: "image/webp",
  xml: "application/xml",
  zip: "application/zip",
};

/** Plain text by what their names end with: sources, settings, notes. */
const plainExtensions = new Set(
  (
    "adoc asm astro bash bat c cc cfg clj cmake cmd conf cpp cs cts cxx dart diff dockerfile dockerignore editorconfig elm " +
    "env erl err ex exs fish fs gitattributes gitignore go gradle graphql groovy h haml hcl hh hpp hs ini ino ipp java jl " +
    "json5 jsonc jsx kt kts less lisp log lua m mk ml mm mts nim nix npmrc org out pas patch php pl pm prisma " +
    "properties proto ps1 psm1 py pyi r rb rs rst sass scala scm scss sh sol sql srt styl sv svelte swift tcl tex tf " +
    "tfvars toml ts tsx txt v vb vhd vim vtt vue yaml yml zig zsh"
  ).split(" "),
);

/** And by their names, whatever the case. */
const plainNames = new Set(
  (
    "authors brewfile changelog codeowners containerfile contributing copying dockerfile gemfile gnumakefile " +
    "jenkinsfile justfile license makefile notice procfile rakefile readme vagrantfile"
  ).split(" "),
);

/** The type that a file's name suggests; bytes of any kind when it suggests none. */
export function guessMime(path: string): string {
  const name = path.split("/").at(-1)!.toLowerCase();
  const extension = /\.([a-z0-9]+)$/.exec(name)?.[1] ?? "";
  if (Object.hasOwn(mimeByExtension, extension)) return mimeByExtension[extension]!;
  const isPlain = plainExtensions.has(extension) || plainNames.has(name);
  return isPlain ? "text/plain" : UNKNOWN_MIME;
}
