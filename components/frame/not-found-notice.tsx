import Link from "next/link";
import type { ReactNode } from "react";
import { linkButton, NoticePage } from "./notice-page.tsx";

/** A page in place of one that is not there, with the ways to what is. */
export function NotFoundNotice({ title, children }: { title: string; children: ReactNode }) {
  return (
    <NoticePage
      hasWordmark
      title={title}
      actions={
        <>
          <Link href="/sessions" className={linkButton}>
            All sessions
          </Link>
          <Link href="/" className={linkButton}>
            New session
          </Link>
        </>
      }
    >
      {children}
    </NoticePage>
  );
}
