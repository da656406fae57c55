import type { Metadata } from "next";
import { SignInNotice } from "#components/frame/sign-in-notice.tsx";
import { ShareList } from "#components/shares/share-list.tsx";
import { getPageCaller } from "#server/routers/page-caller.ts";

export const metadata: Metadata = { title: "Shares" };

export default async function SharesPage() {
  const caller = await getPageCaller();
  if (!caller) return <SignInNotice />;
  const shares = await caller.share.list({});
  return (
    <main
      id="main"
      className="mx-auto flex w-full max-w-3xl flex-col gap-6 px-4 py-8 sm:px-6 sm:py-10"
    >
      <div className="flex flex-col gap-1">
        <h1 className="text-title font-semibold tracking-tight">Shares</h1>
        <p className="max-w-prose text-label text-soft">
          Whoever has one of these links can read what it shows, without signing in.
        </p>
      </div>
      <ShareList initialShares={shares} />
    </main>
  );
}
