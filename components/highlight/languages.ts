/** Languages that are coloured, with the names and file endings that mean them. A name in front of `:` is the grammar's. */
const table = `
bash: sh shell zsh console shellscript shell-session fish dockerignore env
c: h
cpp: c++ cc cxx hpp hh
csharp: cs c#
css:
diff: patch
docker: dockerfile containerfile
elixir: ex exs
go: golang mod
graphql: gql
haskell: hs
html: htm svg xml xhtml
ini: conf cfg properties editorconfig
java:
javascript: js mjs cjs node
json: jsonl ndjson json5 webmanifest
jsonc: tsconfig
jsx:
kotlin: kt kts
lua:
make: makefile mk
markdown: md mdx
nix:
perl: pl pm
php:
powershell: ps1 psm1
prisma:
proto: protobuf
python: py pyi
r:
ruby: rb gemfile rakefile
rust: rs
scala: sc
scss: sass
sql: psql mysql
svelte:
swift:
terraform: tf hcl tfvars
toml:
tsx:
typescript: ts mts cts
vue:
yaml: yml
zig:
`;

const byName: ReadonlyMap<string, string> = new Map(
  table
    .trim()
    .split("\n")
    .flatMap((line) => {
      const [grammar = "", names = ""] = line.split(":");
      return [grammar, ...names.trim().split(" ")].map((name) => [name, grammar] as const);
    })
    .filter(([name]) => name !== ""),
);

/** The grammar for a name as people write it after a fence; null when there is none. */
export function languageOf(name: string): string | null {
  return byName.get(name.toLowerCase()) ?? null;
}

/** The grammar for a file, by its ending or its whole name. */
export function languageOfPath(path: string): string | null {
  const file = path
    .slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1)
    .toLowerCase();
  const ending = file.slice(file.lastIndexOf(".") + 1);
  return languageOf(ending) ?? languageOf(file) ?? languageOf(file.split(".")[0] ?? "");
}

/** For the test that holds this table and the grammars together. */
export const grammarNames: ReadonlySet<string> = new Set(byName.values());
