"use client";

import { Button } from "#components/ui/button.tsx";
import { Dialog } from "#components/ui/dialog.tsx";

/** Asks first: the way back is on the server's machine. The form works without the page's own scripts. */
export function SignOutDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Sign out of this browser?" onClose={onClose}>
      <form method="post" action="/sign-out" className="flex flex-col gap-4 p-4">
        <p className="text-soft">
          To come back you need a new address, which{" "}
          <code className="whitespace-nowrap">npx millrace sign-in</code> prints on the server’s
          machine. Agents go on with their work.
        </p>
        <div className="flex justify-end gap-2">
          <Button data-first-focus onClick={onClose}>
            Stay signed in
          </Button>
          <Button type="submit" look="primary">
            Sign out
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
