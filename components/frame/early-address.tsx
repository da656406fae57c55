import { headers } from "next/headers";
import { KeepEarlyAddress } from "./keep-early-address.tsx";

/** Runs before any other script of the page does. */
const LISTEN = `addEventListener("hashchange", (event) => {
  if (window.earlyAddress !== null) window.earlyAddress = event.newURL;
})`;

/**
 * A link inside the page may be pressed before React has taken the page over. Next.js then writes the address that it had
 * read before, and the place is gone; see `HistoryUpdater` in its `app-router`. Here it comes back.
 */
export async function EarlyAddress() {
  const nonce = (await headers()).get("x-nonce") ?? undefined;
  return (
    <>
      <script nonce={nonce} suppressHydrationWarning>
        {LISTEN}
      </script>
      <KeepEarlyAddress />
    </>
  );
}
