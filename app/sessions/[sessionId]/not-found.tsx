import type { Metadata } from "next";
import { NotFoundNotice } from "#components/frame/not-found-notice.tsx";

export const metadata: Metadata = { title: "No such session" };

export default function SessionNotFound() {
  return (
    <NotFoundNotice title="There is no such session">
      <p>
        The session was deleted, or it never was, or it belongs to somebody else: the three look the
        same on purpose.
      </p>
    </NotFoundNotice>
  );
}
