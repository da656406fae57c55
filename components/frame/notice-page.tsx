import type { ReactNode } from "react";
import { Wordmark } from "./wordmark.tsx";

interface NoticePageProps {
  title: string;
  /** For pages outside the frame. */
  hasWordmark?: boolean;
  children: ReactNode;
  /** The ways out. */
  actions?: ReactNode;
}

/** A page that has one thing to say: what happened, and what to do now. */
export function NoticePage({ title, hasWordmark = false, children, actions }: NoticePageProps) {
  return (
    <>
      {hasWordmark && (
        <header className="mx-auto flex h-14 w-full max-w-xl items-center px-4 sm:px-6">
          <Wordmark />
        </header>
      )}
      <main
        id="main"
        className="mx-auto flex w-full max-w-xl flex-col gap-4 px-4 py-16 sm:px-6 sm:py-24"
      >
        <h1 className="text-title font-semibold tracking-tight text-balance">{title}</h1>
        <div className="flex flex-col gap-3 text-soft">{children}</div>
        {actions && <div className="mt-2 flex flex-wrap gap-3">{actions}</div>}
      </main>
    </>
  );
}

export const linkButton =
  "inline-flex h-9 items-center rounded border border-edge bg-surface px-3 text-label font-medium text-ink transition-colors hover:bg-hover pointer-coarse:h-11";
