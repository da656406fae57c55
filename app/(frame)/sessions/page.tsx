import type { Metadata } from "next";
import Link from "next/link";
import { SignInNotice } from "#components/frame/sign-in-notice.tsx";
import { SessionList } from "#components/sessions/session-list.tsx";
import { getPageCaller } from "#server/routers/page-caller.ts";

export const metadata: Metadata = { title: "Sessions" };

export default async function SessionsPage() {
  const caller = await getPageCaller();
  if (!caller) return <SignInNotice />;
  const [firstPage, agentLabels, account] = await Promise.all([
    caller.session.list({}),
    caller.machine.agentLabels(),
    caller.account.get(),
  ]);
  return (
    <main
      id="main"
      className="mx-auto flex w-full max-w-3xl flex-col gap-6 px-4 py-8 sm:px-6 sm:py-10"
    >
      <div className="flex items-center justify-between gap-4">
        <h1 className="text-title font-semibold tracking-tight">Sessions</h1>
        <Link
          href="/"
          className="inline-flex h-9 items-center rounded bg-accent px-3 text-label font-medium text-on-accent transition-colors hover:bg-accent-strong pointer-coarse:h-11"
        >
          New session
        </Link>
      </div>
      <SessionList teamId={account.teamId} firstPage={firstPage} agentLabels={agentLabels} />
    </main>
  );
}
