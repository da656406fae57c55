import type { Metadata } from "next";
import { Trash2 } from "lucide-react";
import Link from "next/link";
import { SignInNotice } from "#components/frame/sign-in-notice.tsx";
import { readListFilters } from "#components/sessions/list-filters.ts";
import { SessionList } from "#components/sessions/session-list.tsx";
import { getPageCaller } from "#server/routers/page-caller.ts";
import { readSessionList } from "./read-session-list.ts";

export const metadata: Metadata = { title: "Sessions" };

interface SessionsPageProps {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

export default async function SessionsPage({ searchParams }: SessionsPageProps) {
  const caller = await getPageCaller();
  if (!caller) return <SignInNotice />;
  const filters = readListFilters(await searchParams);
  const list = await readSessionList(caller, filters);
  return (
    <main
      id="main"
      className="mx-auto flex w-full max-w-3xl flex-col gap-6 px-4 py-8 sm:px-6 sm:py-10"
    >
      <div className="flex items-center gap-2">
        <h1 className="mr-auto text-title font-semibold tracking-tight">Sessions</h1>
        <Link
          href="/trash"
          className="inline-flex h-9 items-center gap-2 rounded px-3 text-label text-soft transition-colors hover:bg-hover hover:text-ink pointer-coarse:h-11"
        >
          <Trash2 aria-hidden className="size-4" />
          <span className="max-[22rem]:sr-only">Trash</span>
        </Link>
        <Link
          href="/"
          className="inline-flex h-9 items-center rounded bg-accent px-3 text-label font-medium whitespace-nowrap text-on-accent transition-colors hover:bg-accent-strong pointer-coarse:h-11"
        >
          New session
        </Link>
      </div>
      <SessionList {...list} />
    </main>
  );
}
