import type { Metadata } from "next";
import { SignInNotice } from "#components/frame/sign-in-notice.tsx";
import { FailedUploads } from "#components/ingest/failed-uploads.tsx";
import { Clock } from "#components/ui/clock.tsx";
import { getPageCaller } from "#server/routers/page-caller.ts";

export const metadata: Metadata = { title: "Failed uploads" };

export default async function FailedUploadsPage() {
  const caller = await getPageCaller();
  if (!caller) return <SignInNotice />;
  const firstPage = await caller.upload.failed({});
  return (
    <Clock renderedAtMs={Date.now()}>
      <main
        id="main"
        className="mx-auto flex w-full max-w-3xl flex-col gap-6 px-4 py-8 sm:px-6 sm:py-10"
      >
        <div className="flex flex-col gap-2">
          <h1 className="text-title font-semibold tracking-tight">Failed uploads</h1>
          <p className="max-w-prose text-soft">
            No attempt is made any more by itself. What came before the fault is stored; the rest
            waits here for as long as its bytes are kept.
          </p>
        </div>
        <FailedUploads firstPage={firstPage} />
      </main>
    </Clock>
  );
}
