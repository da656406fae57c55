import type { Metadata } from "next";
import { redirect } from "next/navigation";
import { SignInNotice } from "#components/frame/sign-in-notice.tsx";
import { getPageCaller } from "#server/routers/page-caller.ts";

export const metadata: Metadata = { title: "Sign in" };

interface SignInPageProps {
  searchParams: Promise<{ expired?: string }>;
}

/** Where a link that was used or is unknown leads to, and whoever comes without one. */
export default async function SignInPage({ searchParams }: SignInPageProps) {
  if (await getPageCaller()) redirect("/");
  return <SignInNotice isExpired={(await searchParams).expired !== undefined} />;
}
