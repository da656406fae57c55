import type { Metadata } from "next";
import Link from "next/link";
import { linkButton, NoticePage } from "#components/frame/notice-page.tsx";

export const metadata: Metadata = { title: "No such batch" };

export default function BatchNotFound() {
  return (
    <NoticePage
      title="There is no such batch"
      actions={
        <Link href="/batches" className={linkButton}>
          All batches
        </Link>
      }
    >
      <p>
        The batch never was, or it belongs to somebody else, or it ended so long ago that it is no
        longer kept. The sessions of a batch stay when it goes.
      </p>
    </NoticePage>
  );
}
