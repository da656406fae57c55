// Lint rules of this repository: who may import whom, what has one home. The tables are the rules; STYLE of the
// code is `CONTRIBUTING.md`. JavaScript, because oxlint loads TypeScript plugins only from Node 22.18 on.
import path from "node:path";

/** Top-level folder -> top-level folders that it may import besides itself. Configuration files may import anything. */
const mayImport = {
  lib: [],
  drizzle: ["lib"],
  server: ["lib", "drizzle"],
  components: ["lib"],
  app: ["lib", "drizzle", "server", "components"],
  e2e: ["lib"],
  bench: ["lib", "drizzle", "server", "components", "e2e"],
  ".ci": [],
};

/** The same for `import type`, which leaves nothing behind in the bundle. */
const mayImportTypes = { components: ["server"] };

/** What tests may import beyond the folder that they are in. */
const testsMayImport = ["server", "drizzle", "lib", "components", "e2e"];

/** Folders of the server that call the others and are called by none of them. */
const serverEdges = ["server/routers", "server/http"];

/** Package or prefix of packages -> the only places that may import it. The longest prefix decides. */
const homes = {
  "@aws-sdk/": ["server/blobs"],
  postgres: ["server/database"],
  ws: ["server/live"],
  "pg-boss": ["server/queue"],
  "drizzle-orm": ["server", "drizzle"],
  next: ["app", "components", "server/http", "server/routers/page-caller.ts"],
  "node:": ["server", "app", "drizzle"],
  "node:child_process": ["server/sandboxes", "server/database"],
};

const toolFolders = ["e2e", "bench", ".ci"];

/** @param {string} file relative to the repository */
const isTest = (file) => /\.test\.tsx?$/.test(file) || file.includes("/testing/");
const topFolder = (file) => (file.includes("/") ? file.slice(0, file.indexOf("/")) : "");
const isInside = (file, place) => file === place || file.startsWith(`${place}/`);

/** The imported file relative to the repository, or null when it is a package. */
function importedFile(file, specifier) {
  if (specifier.startsWith("#")) return specifier.slice(1);
  if (!specifier.startsWith(".")) return null;
  return path.posix.join(path.posix.dirname(file), specifier);
}

/** Calls `check(node, specifier, isType)` for static and dynamic imports and re-exports. */
function visitImports(check) {
  const visit = (node) => {
    if (typeof node.source?.value !== "string") return;
    const specifiers = node.specifiers ?? [];
    const onlyTypes = specifiers.length > 0 && specifiers.every((one) => one.importKind === "type");
    const isType = node.importKind === "type" || node.exportKind === "type" || onlyTypes;
    check(node, node.source.value, isType);
  };
  return {
    ImportDeclaration: visit,
    ImportExpression: visit,
    ExportNamedDeclaration: visit,
    ExportAllDeclaration: visit,
  };
}

/** A rule whose `visitor(file, report)` gets the file's path relative to the repository, with `/`. */
function defineRule(visitor) {
  return {
    create(context) {
      const file = path.relative(context.cwd, context.filename).split(path.sep).join("/");
      return visitor(file, (node, message) => context.report({ node, message }));
    },
  };
}

const folders = defineRule((file, report) =>
  visitImports((node, specifier, isType) => {
    const target = importedFile(file, specifier);
    const from = topFolder(file);
    if (target === null || !(from in mayImport)) return;

    const to = topFolder(target);
    const types = isType ? (mayImportTypes[from] ?? []) : [];
    const others = [...mayImport[from], ...types, ...(isTest(file) ? testsMayImport : [])];
    const allowed = [...new Set(others)].filter((name) => name !== from);
    if (to !== from && !allowed.includes(to)) {
      const what = isType ? "types" : "code";
      const names = allowed.length === 0 ? "nothing" : `only ${allowed.join(", ")}`;
      report(
        node,
        `${from} imports no ${what} from ${to || "the top level"}: ${names} besides itself.`,
      );
    }
    if (specifier.startsWith(".") && to !== from) {
      report(node, "Across top-level folders import with `#`.");
    }
    if (!/\.(tsx?|mjs|css|json)$/.test(specifier)) {
      report(node, "Import our own files with their ending.");
    }
  }),
);

const serverLayers = defineRule((file, report) =>
  visitImports((node, specifier, isType) => {
    const target = importedFile(file, specifier);
    if (target === null || isType || isTest(file) || topFolder(file) !== "server") return;

    // Files right below server/ put the process together: they may call everything.
    const isCaller =
      /^server\/[^/]+$/.test(file) || serverEdges.some((place) => isInside(file, place));
    const edge = serverEdges.find((place) => isInside(target, place));
    if (edge !== undefined && !isCaller) {
      report(node, `${edge} calls the other folders of the server, never the reverse.`);
    }
  }),
);

const oneHome = defineRule((file, report) =>
  visitImports((node, specifier) => {
    const from = topFolder(file);
    if (!(from in mayImport) || toolFolders.includes(from) || isTest(file)) return;

    const matches = (name) =>
      specifier === name || specifier.startsWith(/[/:]$/.test(name) ? name : `${name}/`);
    const name = Object.keys(homes)
      .filter(matches)
      .toSorted((a, b) => b.length - a.length)[0];
    if (name === undefined || homes[name].some((place) => isInside(file, place))) return;
    report(node, `Only ${homes[name].join(" and ")} may import ${name}.`);
  }),
);

const noReExports = defineRule((file, report) => {
  const check = (node) => {
    if (node.source)
      report(node, "Import from the file that defines the thing; nothing is exported again.");
  };
  return { ExportNamedDeclaration: check, ExportAllDeclaration: check };
});

const WRITES_ITEMS = /\b(insert\s+into|update|delete\s+from|truncate)\s+"?items"?\b/i;

const itemsWriter = defineRule((file, report) => {
  const isExempt =
    isInside(file, "server/items") || toolFolders.includes(topFolder(file)) || isTest(file);
  if (isExempt) return {};

  const message = "Only server/items writes to the table `items`.";
  return {
    TemplateElement(node) {
      if (WRITES_ITEMS.test(node.value.raw)) report(node, message);
    },
    CallExpression(node) {
      const method = node.callee.property?.name;
      const isWrite = ["insert", "update", "delete"].includes(method);
      if (isWrite && node.arguments[0]?.name === "items") report(node, message);
    },
  };
});

export default {
  meta: { name: "millrace" },
  rules: {
    folders,
    "server-layers": serverLayers,
    "one-home": oneHome,
    "no-re-exports": noReExports,
    "items-writer": itemsWriter,
  },
};
