import type { Metadata } from "next";
import Link from "next/link";
import { NewBatchScreen } from "#components/batches/new/new-batch-screen.tsx";
import { SignInNotice } from "#components/frame/sign-in-notice.tsx";
import { getPageCaller } from "#server/routers/page-caller.ts";
import { getServices } from "#server/services.ts";

export const metadata: Metadata = { title: "Many sessions at once" };

export default async function NewBatchPage() {
  const caller = await getPageCaller();
  if (!caller) return <SignInNotice />;
  const machine = await caller.machine.status();
  return (
    <main
      id="main"
      className="mx-auto flex w-full max-w-3xl flex-col gap-6 px-4 pt-8 sm:px-6 sm:pt-10"
    >
      <div className="flex flex-col gap-2">
        <h1 className="text-title font-semibold tracking-tight text-balance">
          Many sessions at once
        </h1>
        <p className="max-w-prose text-soft">
          Start the same prompts on many repositories, or bring many sessions that were made
          elsewhere. All of them are one{" "}
          <Link href="/batches" className="rounded text-accent underline underline-offset-2">
            batch
          </Link>
          , whose page tells what became of each.
        </p>
      </div>
      <NewBatchScreen
        agents={machine.agents}
        defaultAgentId={machine.defaultAgentId}
        allowsLocalPaths={machine.allowsLocalPaths}
        sessionsAtOnce={getServices().environment.MAX_ACTIVE_SESSIONS}
      />
    </main>
  );
}
