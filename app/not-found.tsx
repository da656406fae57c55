import type { Metadata } from "next";
import Link from "next/link";
import { linkButton, NoticePage } from "#components/frame/notice-page.tsx";

export const metadata: Metadata = { title: "Not found" };

export default function NotFound() {
  return (
    <NoticePage
      hasWordmark
      title="There is nothing here"
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
      <p>No page has this address. It may be mistyped, or cut when it was copied.</p>
    </NoticePage>
  );
}
