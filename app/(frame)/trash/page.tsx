import type { Metadata } from "next";
import { TRASH_DAYS } from "#lib/limits.ts";
import { SignInNotice } from "#components/frame/sign-in-notice.tsx";
import { noFilters } from "#components/sessions/list-filters.ts";
import { SessionList } from "#components/sessions/session-list.tsx";
import { getPageCaller } from "#server/routers/page-caller.ts";
import { readSessionList } from "../sessions/read-session-list.ts";

export const metadata: Metadata = { title: "Trash" };

export default async function TrashPage() {
  const caller = await getPageCaller();
  if (!caller) return <SignInNotice />;
  const filters = { ...noFilters, shelf: "trash" } as const;
  const list = await readSessionList(caller, filters);
  return (
    <main
      id="main"
      className="mx-auto flex w-full max-w-3xl flex-col gap-6 px-4 py-8 sm:px-6 sm:py-10"
    >
      <div className="flex flex-col gap-2">
        <h1 className="text-title font-semibold tracking-tight">Trash</h1>
        <p className="max-w-prose text-soft">
          What is thrown away can be restored for {TRASH_DAYS} days, and is deleted for good then.
        </p>
      </div>
      <SessionList {...list} />
    </main>
  );
}
