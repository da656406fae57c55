import type { RepositoryFile } from "./list-files.ts";

const languageByEnding: Record<string, string> = {
  ts: "TypeScript",
  tsx: "TypeScript",
  mts: "TypeScript",
  cts: "TypeScript",
  js: "JavaScript",
  jsx: "JavaScript",
  mjs: "JavaScript",
  cjs: "JavaScript",
  py: "Python",
  rb: "Ruby",
  go: "Go",
  rs: "Rust",
  java: "Java",
  kt: "Kotlin",
  swift: "Swift",
  c: "C",
  h: "C",
  cc: "C++",
  cpp: "C++",
  hpp: "C++",
  cs: "C#",
  php: "PHP",
  scala: "Scala",
  ex: "Elixir",
  exs: "Elixir",
  erl: "Erlang",
  hs: "Haskell",
  lua: "Lua",
  dart: "Dart",
  zig: "Zig",
  sh: "Shell",
  bash: "Shell",
  sql: "SQL",
  html: "HTML",
  css: "CSS",
  scss: "CSS",
  vue: "Vue",
  svelte: "Svelte",
  md: "Markdown",
  mdx: "Markdown",
  rst: "Text",
  txt: "Text",
  json: "JSON",
  yaml: "YAML",
  yml: "YAML",
  toml: "TOML",
  xml: "XML",
  tf: "Terraform",
};

export interface LanguageShare {
  language: string;
  fileCount: number;
  byteSize: number;
}

/** Languages by bytes, largest first; files of unknown endings are `Other`. */
export function countLanguages(files: RepositoryFile[]): LanguageShare[] {
  const shares = new Map<string, LanguageShare>();
  for (const { path, byteSize } of files) {
    const ending = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? "";
    const language = languageByEnding[ending] ?? "Other";
    const share = shares.get(language) ?? { language, fileCount: 0, byteSize: 0 };
    share.fileCount += 1;
    share.byteSize += byteSize;
    shares.set(language, share);
  }
  return [...shares.values()].toSorted((left, right) => right.byteSize - left.byteSize);
}

export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

export function languageTable(shares: LanguageShare[]): string {
  const total = shares.reduce((sum, { byteSize }) => sum + byteSize, 0) || 1;
  const rows = shares.slice(0, 8).map(({ language, fileCount, byteSize }) => {
    const percent = ((byteSize / total) * 100).toFixed(1);
    return `| ${language} | ${fileCount} | ${formatBytes(byteSize)} | ${percent} % |`;
  });
  return ["| Language | Files | Size | Share |", "| --- | ---: | ---: | ---: |", ...rows].join(
    "\n",
  );
}
