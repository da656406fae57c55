import { cookies } from "next/headers";
import type { ReactNode } from "react";
import { EarlySearchKey } from "#components/frame/early-search-key.tsx";
import { parseTheme, THEME_COOKIE } from "#components/frame/theme.ts";
import { TopBar } from "#components/frame/top-bar.tsx";
import { FilingToast } from "#components/sessions/filing-toast.tsx";

export default async function FrameLayout({ children }: { children: ReactNode }) {
  return (
    <>
      <EarlySearchKey />
      <TopBar theme={parseTheme((await cookies()).get(THEME_COOKIE)?.value)} />
      {children}
      <FilingToast />
    </>
  );
}
