import type { Metadata } from "next";
import Link from "next/link";
import { linkButton, NoticePage } from "#components/frame/notice-page.tsx";

export const metadata: Metadata = { title: "No such session" };

export default function SessionNotFound() {
  return (
    <NoticePage
      hasWordmark
      title="There is no such session"
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
      <p>
        The session was deleted, or it never was, or it belongs to somebody else: the three look the
        same on purpose.
      </p>
    </NoticePage>
  );
}
