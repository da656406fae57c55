import { headers } from "next/headers";

/** Runs before anything else of the page does; `page-search.ts` and `is-typing.ts` in small. */
const LISTEN = `addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.metaKey || event.ctrlKey || event.altKey) return;
  if (event.target.closest?.("input, textarea, select, [contenteditable], dialog")) return;
  const field = document.querySelector("input[data-page-search]");
  if (field) event.preventDefault(), field.select();
})`;

/** `/` reaches the page's search field from the first moment on, also while its scripts are still on their way. */
export async function EarlySearchKey() {
  const nonce = (await headers()).get("x-nonce") ?? undefined;
  return (
    <script nonce={nonce} suppressHydrationWarning>
      {LISTEN}
    </script>
  );
}
