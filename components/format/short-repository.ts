/** `owner/name` of an address (`host:owner/name` is one, too), the last folder of a path, anything else as it is; nothing for none. */
export function shortRepository(repository: string | null): string {
  if (repository === null) return "";
  const parts = repository
    .replace(/\/+$/, "")
    .replace(/\.git$/, "")
    .split("/")
    .filter((part) => part !== "");
  if (repository.includes("://")) return parts.slice(2).slice(-2).join("/") || repository;
  const [, place] = /^[^/\s]+@[^/:\s]+:(.+)$/.exec(parts.join("/")) ?? [];
  if (place !== undefined) return place.split("/").slice(-2).join("/");
  return repository.startsWith("/") ? (parts.at(-1) ?? repository) : repository;
}
