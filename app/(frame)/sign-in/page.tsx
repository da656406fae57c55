import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { SignInNotice } from "#components/frame/sign-in-notice.tsx";
import { getPageCaller } from "#server/routers/page-caller.ts";

export const metadata: Metadata = { title: "Sign in" };

interface SignInPageProps {
  searchParams: Promise<{ expired?: string; "signed-out"?: string }>;
}

/** Where a link that was used or is unknown leads to, and signing out, and whoever comes without one. */
export default async function SignInPage({ searchParams }: SignInPageProps) {
  if (await getPageCaller()) redirect("/");
  const { expired, "signed-out": signedOut } = await searchParams;
  if (expired !== undefined) return <SignInNotice reason="expired" />;
  return <SignInNotice reason={signedOut === undefined ? "stranger" : "signed-out"} />;
}
