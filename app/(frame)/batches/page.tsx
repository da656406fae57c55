import type { Metadata } from "next";
import Link from "next/link";
import { BatchList } from "#components/batches/batch-list.tsx";
import { SignInNotice } from "#components/frame/sign-in-notice.tsx";
import { Clock } from "#components/ui/clock.tsx";
import { getPageCaller } from "#server/routers/page-caller.ts";

export const metadata: Metadata = { title: "Batches" };

export default async function BatchesPage() {
  const caller = await getPageCaller();
  if (!caller) return <SignInNotice />;
  const firstPage = await caller.batch.list({});
  return (
    <Clock renderedAtMs={Date.now()}>
      <main
        id="main"
        className="mx-auto flex w-full max-w-3xl flex-col gap-6 px-4 py-8 sm:px-6 sm:py-10"
      >
        <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-3">
          <h1 className="text-title font-semibold tracking-tight">Batches</h1>
          <Link
            href="/batches/new"
            className="inline-flex h-9 items-center rounded bg-accent px-3 text-label font-medium text-on-accent transition-colors hover:bg-accent-strong pointer-coarse:h-11"
          >
            New batch
          </Link>
        </div>
        <BatchList firstPage={firstPage} />
      </main>
    </Clock>
  );
}
