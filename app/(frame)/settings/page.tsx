import type { Metadata } from "next";
import { SignInNotice } from "#components/frame/sign-in-notice.tsx";
import { GitSection } from "#components/settings/git/git-section.tsx";
import { ProfileSection } from "#components/settings/profiles/profile-section.tsx";
import { TokenSection } from "#components/settings/token-section.tsx";
import { getPageCaller } from "#server/routers/page-caller.ts";
import { getServices } from "#server/services.ts";

export const metadata: Metadata = { title: "Settings" };

export default async function SettingsPage() {
  const caller = await getPageCaller();
  if (!caller) return <SignInNotice />;
  const [tokens, profiles, credentials] = await Promise.all([
    caller.token.list(),
    caller.profile.list(),
    caller.gitCredential.list(),
  ]);
  return (
    <main
      id="main"
      className="mx-auto flex w-full max-w-3xl flex-col gap-12 px-4 py-8 sm:px-6 sm:py-10"
    >
      <h1 className="text-title font-semibold tracking-tight">Settings</h1>
      <ProfileSection initialProfiles={profiles} agentLabels={getServices().agents.labels} />
      <GitSection initialCredentials={credentials} />
      <TokenSection initialTokens={tokens} />
    </main>
  );
}
