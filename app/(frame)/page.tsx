import Link from "next/link";
import { SignInNotice } from "#components/frame/sign-in-notice.tsx";
import { MachineNotes } from "#components/start/machine-notes.tsx";
import { RecentSessions } from "#components/start/recent-sessions.tsx";
import { draftFromLink } from "#components/start/start-draft.ts";
import { StartForm } from "#components/start/start-form.tsx";
import { getPageCaller } from "#server/routers/page-caller.ts";

const RECENT_SESSIONS = 5;

interface LandingPageProps {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

export default async function LandingPage({ searchParams }: LandingPageProps) {
  const caller = await getPageCaller();
  if (!caller) return <SignInNotice />;
  const [parameters, machine, repositories, profiles, recent, account] = await Promise.all([
    searchParams,
    caller.machine.status(),
    caller.machine.repositories(),
    caller.profile.list(),
    caller.session.list({ limit: RECENT_SESSIONS, order: "recent" }),
    caller.account.get(),
  ]);
  const agentLabels = Object.fromEntries(machine.agents.map(({ id, label }) => [id, label]));
  return (
    <main
      id="main"
      className="mx-auto flex w-full max-w-3xl flex-col gap-12 px-4 pt-8 pb-16 sm:px-6 sm:pt-14"
    >
      <section className="flex flex-col gap-6">
        <h1 className="text-title font-semibold tracking-tight text-balance">
          Give an agent something to do
        </h1>
        <StartForm
          agents={machine.agents}
          defaultAgentId={machine.defaultAgentId}
          allowsLocalPaths={machine.allowsLocalPaths}
          recentRepositories={repositories}
          profiles={profiles.map(({ name, repository, isDefault, settings }) => ({
            name,
            repository,
            isDefault,
            agent: settings.agent,
          }))}
          linkedDraft={draftFromLink(parameters)}
        />
        <p className="text-label text-soft">
          Or{" "}
          <Link href="/upload" className="rounded text-accent underline underline-offset-2">
            bring a session
          </Link>{" "}
          that was made elsewhere, of any size up to 5 GB, or start{" "}
          <Link href="/batches/new" className="rounded text-accent underline underline-offset-2">
            many at once
          </Link>
          .
        </p>
      </section>
      <RecentSessions teamId={account.teamId} firstPage={recent} agentLabels={agentLabels} />
      <MachineNotes machine={machine} />
    </main>
  );
}
